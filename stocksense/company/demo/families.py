"""What the demo company sells: families of products, each a set of variants in one or more sizes."""

from dataclasses import dataclass
from typing import Final

Sizes = tuple[tuple[str, float], ...]

ROASTER: Final = "S-TORREF"
TEA_MERCHANT: Final = "S-HARROW"
IMPORTER: Final = "S-SAPORI"
EQUIPMENT_MAKER: Final = "S-BRAUWERK"
FARM: Final = "S-FERME"

BAG: Final[Sizes] = (("250 g", 1.0), ("1 kg", 3.7))
ONE: Final[Sizes] = (("", 1.0),)


@dataclass(frozen=True)
class Family:
    """Products bought, packed and sold alike; figures are for the smallest size in an average store."""

    prefix: str
    category: str
    title: str
    variants: tuple[str, ...]
    supplier: str
    unit_cost: float
    markup: float
    weekly_units: float
    sizes: Sizes = ONE
    """Label and content relative to the smallest size."""
    season: str = "flat"
    shelf_life_days: int | None = None
    pack: int = 12
    litres: float = 0.8
    kilograms: float = 0.3
    uom: str = "EA"
    uom_decimals: int = 0
    intermittent: bool = False
    direct: bool = False
    """Delivered by the supplier to the stores, not through a DC."""


FAMILIES: Final[tuple[Family, ...]] = (
    Family("BEA", "Coffee/Beans/Single origin", "{} Beans", ("Ethiopia Yirgacheffe", "Colombia Huila", "Kenya Nyeri AA",
           "Guatemala Antigua", "Brazil Cerrado", "Sumatra Mandheling", "Costa Rica Tarrazú", "Rwanda Lake Kivu"),
           ROASTER, 4.6, 1.75, 14, sizes=BAG, season="winter", shelf_life_days=365),
    Family("BLE", "Coffee/Beans/Blends", "{} Beans", ("House Blend", "Espresso Forte", "Breakfast Blend",
           "Decaf Swiss Water", "Organic Crema"), ROASTER, 3.9, 1.8, 24,
           sizes=(("250 g", 1.0), ("500 g", 1.95), ("1 kg", 3.7)), season="winter", shelf_life_days=365),
    Family("GRO", "Coffee/Ground", "{} Ground Coffee", ("House Blend", "Espresso Forte", "Moka", "Decaf",
           "Filter Classic"), ROASTER, 3.7, 1.75, 20, sizes=(("250 g", 1.0), ("500 g", 1.9)), season="winter",
           shelf_life_days=300),
    Family("CAP", "Coffee/Capsules", "{} Capsules", ("Ristretto", "Lungo", "Decaf", "Vanilla", "Intenso", "Organic"),
           ROASTER, 1.9, 1.9, 32, sizes=(("x 10", 1.0), ("x 50", 4.6)), shelf_life_days=540, pack=20, litres=0.5,
           kilograms=0.1),
    Family("LOO", "Coffee/Loose", "{} Loose Beans", ("House Blend", "Ethiopia", "Decaf", "Espresso"), ROASTER, 13.2,
           1.9,
           7, season="winter", shelf_life_days=180, pack=15, litres=3.2, kilograms=1.0, uom="KG", uom_decimals=2),
    Family("TEB", "Tea/Black", "{} Tea", ("Earl Grey", "Darjeeling First Flush", "Assam", "English Breakfast",
           "Lapsang Souchong", "Ceylon"), TEA_MERCHANT, 2.3, 2.1, 9, sizes=(("20 bags", 1.0), ("100 g tin", 2.1)),
           season="winter", shelf_life_days=730, litres=0.6, kilograms=0.08),
    Family("TEG", "Tea/Green", "{} Green Tea", ("Sencha", "Gunpowder Mint", "Jasmine", "Genmaicha", "Matcha"),
           TEA_MERCHANT, 2.6, 2.1, 7, sizes=(("20 bags", 1.0), ("100 g tin", 2.3)), shelf_life_days=540, litres=0.6,
           kilograms=0.08),
    Family("TEH", "Tea/Herbal", "{} Infusion", ("Rooibos", "Chamomile", "Verbena", "Ginger Lemon", "Hibiscus",
           "Peppermint"), TEA_MERCHANT, 2.0, 2.1, 8, sizes=(("20 bags", 1.0), ("75 g tin", 1.9)), season="winter",
           shelf_life_days=730, litres=0.6, kilograms=0.06),
    Family("ICE", "Tea/Iced", "{} Iced Tea 75 cl", ("Peach", "Lemon", "Hibiscus Berry", "Green Mint"), TEA_MERCHANT,
           1.4,
           2.0, 18, season="summer", shelf_life_days=270, litres=0.9, kilograms=0.8),
    Family("CHO", "Chocolate/Bars", "{} Chocolate 100 g", ("Dark 70 %", "Dark 85 %", "Milk Hazelnut", "White Vanilla",
           "Milk Sea Salt", "Dark Orange", "Dark Almond"), IMPORTER, 1.6, 1.9, 26, season="winter", shelf_life_days=365,
           pack=20, litres=0.2, kilograms=0.1),
    Family("DRI", "Chocolate/Drinking", "{} Drinking Chocolate 250 g", ("Classic", "Dark", "Chili", "White"), IMPORTER,
           2.9, 1.9, 9, season="winter", shelf_life_days=540),
    Family("BIS", "Biscuits", "{} 200 g", ("Butter Shortbread", "Almond Cantucci", "Speculoos", "Oat & Raisin Cookies",
           "Ginger Snaps", "Madeleines"), TEA_MERCHANT, 1.7, 1.85, 19, shelf_life_days=180, litres=1.2, kilograms=0.22),
    Family("OIL", "Pantry/Oils", "{} Oil", ("Olive Puglia", "Olive Crete", "Olive Provence", "Walnut", "Rapeseed"),
           IMPORTER, 5.4, 1.7, 10, sizes=(("50 cl", 1.0), ("1 L", 1.85)), shelf_life_days=540, pack=6, litres=0.9,
           kilograms=0.9),
    Family("VIN", "Pantry/Vinegars", "{} Vinegar 50 cl", ("Balsamic", "Cider", "Sherry", "Raspberry"), IMPORTER, 3.1,
           1.8,
           6, pack=6, litres=0.9, kilograms=0.9),
    Family("PAS", "Pantry/Pasta", "{} 500 g", ("Spaghetti", "Penne", "Fusilli", "Orecchiette", "Linguine", "Rigatoni",
           "Wholewheat Penne"), IMPORTER, 1.1, 1.8, 30, shelf_life_days=900, litres=1.1, kilograms=0.5),
    Family("SAU", "Pantry/Sauces", "{} Sauce", ("Tomato Basil", "Arrabbiata", "Pesto Genovese", "Pesto Rosso",
           "Olive Tapenade"), IMPORTER, 2.1, 1.8, 15, shelf_life_days=540, pack=6, litres=0.5, kilograms=0.4),
    Family("PRE", "Pantry/Preserves", "{} Preserve 340 g", ("Strawberry", "Apricot", "Fig", "Bitter Orange",
           "Raspberry",
           "Blackcurrant"), FARM, 2.4, 1.8, 11, shelf_life_days=730, pack=6, litres=0.5, kilograms=0.6),
    Family("HON", "Pantry/Honey", "{} Honey", ("Acacia", "Chestnut", "Lavender", "Forest"), FARM, 4.1, 1.75, 8,
           sizes=(("250 g", 1.0), ("500 g", 1.9)), season="winter", shelf_life_days=900, pack=6, litres=0.3,
           kilograms=0.4),
    Family("SPI", "Pantry/Spices", "{}", ("Smoked Paprika", "Saffron", "Ceylon Cinnamon", "Black Pepper", "Cardamom",
           "Madras Curry", "Herbes de Provence", "Turmeric"), IMPORTER, 2.2, 2.2, 4, pack=10, litres=0.15,
           kilograms=0.06),
    Family("NUT", "Pantry/Nuts", "{} Loose", ("Almonds", "Hazelnuts", "Cashews", "Walnuts"), IMPORTER, 9.8, 1.7, 5,
           season="winter", shelf_life_days=240, pack=10, litres=1.8, kilograms=1.0, uom="KG", uom_decimals=3),
    Family("GRA", "Pantry/Flour & grains", "{} 1 kg", ("Wheat Flour T65", "Spelt Flour", "Buckwheat Flour",
           "Arborio Rice", "Polenta", "Green Lentils"), IMPORTER, 1.3, 1.75, 14, shelf_life_days=365, pack=10,
           litres=1.4,
           kilograms=1.0),
    Family("SYR", "Syrups", "{} Syrup 70 cl", ("Vanilla", "Caramel", "Hazelnut", "Almond", "Gingerbread"), IMPORTER,
           4.4,
           1.8, 7, season="winter", shelf_life_days=720, pack=6, litres=1.1, kilograms=1.2),
    Family("MIL", "Fresh/Plant milk", "{} Drink 1 L", ("Oat Barista", "Almond", "Soy", "Coconut"), FARM, 1.2, 1.7, 40,
           shelf_life_days=45, pack=6, litres=1.1, kilograms=1.05, direct=True),
    Family("DAI", "Fresh/Dairy", "{}", ("Whole Milk 1 L", "Salted Butter 250 g", "Crème Fraîche 20 cl",
           "Farm Yoghurt 4 x 125 g"), FARM, 1.4, 1.5, 45, shelf_life_days=21, pack=6, litres=0.9, kilograms=0.7,
           direct=True),
    Family("CAK", "Fresh/Cakes", "{}", ("Banana Bread", "Carrot Cake", "Walnut Brownie"), FARM, 3.2, 1.8, 12,
           shelf_life_days=10, pack=4, litres=1.5, kilograms=0.5, direct=True),
    Family("FIL", "Equipment/Filters", "Paper Filters {} x 100", ("No 2", "No 4", "Cone 01", "Cone 02"),
           EQUIPMENT_MAKER,
           1.3, 2.3, 8, pack=24, litres=0.6, kilograms=0.15),
    Family("BRE", "Equipment/Brewers", "{}", ("French Press 35 cl", "French Press 1 L", "Moka Pot 3 cups",
           "Moka Pot 6 cups", "Pour-over Dripper", "Cold Brew Carafe"), EQUIPMENT_MAKER, 13.5, 1.9, 0.9, pack=4,
           litres=3.5,
           kilograms=0.9, intermittent=True),
    Family("MIX", "Equipment/Grinders", "{}", ("Hand Grinder", "Burr Grinder Home", "Burr Grinder Pro"),
           EQUIPMENT_MAKER,
           48.0, 1.6, 0.35, pack=2, litres=8.0, kilograms=2.4, intermittent=True),
    Family("CUP", "Equipment/Cups", "{}", ("Espresso Cups x 4", "Travel Mug 35 cl", "Stoneware Mug",
           "Latte Glasses x 2",
           "Cappuccino Cups x 2"), EQUIPMENT_MAKER, 6.8, 2.1, 2.0, season="winter", pack=6, litres=2.0, kilograms=0.7),
    Family("GIF", "Gifts", "{} Gift Box", ("Coffee Discovery", "Tea Selection", "Gourmet Pantry", "Chocolate & Coffee",
           "Barista"), EQUIPMENT_MAKER, 17.0, 1.8, 5.0, season="gifts", shelf_life_days=270, pack=4, litres=5.0,
           kilograms=1.4),
)  # fmt: skip
