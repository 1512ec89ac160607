-- For wrk: each request by the next person, about the next object.
-- Arguments: file of tokens, method, path, body, ETag, first id, ids, first number, step. {n} is a number that never comes twice, {id} runs over `ids`, `step` apart.
local tokens, count, method, path, body, etag, first, ids, step = {}, 0, "", "", "", "", 0, 1, 1

function init(arguments)
  for line in io.lines(arguments[1]) do tokens[#tokens + 1] = line end
  method, path, body, etag = arguments[2], arguments[3], arguments[4] or "", arguments[5] or ""
  first, ids = tonumber(arguments[6]), tonumber(arguments[7])
  count, step = tonumber(arguments[8]), tonumber(arguments[9])
end

local function filled(text)
  return (text:gsub("{id}", tostring(first + count % ids * step)):gsub("{n}", tostring(count)))
end

function request()
  count = count + 1
  local headers = {
    ["Host"] = "localhost", ["X-Forwarded-Proto"] = "https",
  }
  local token = tokens[count % #tokens + 1]
  if token ~= "-" then headers["Authorization"] = "Bearer " .. token end
  if etag ~= "" then headers["If-None-Match"] = etag end
  local content = nil
  if body ~= "" then
    headers["Content-Type"] = "application/json"
    headers["Idempotency-Key"] = "measured-" .. count
    content = filled(body)
  end
  return wrk.format(method, filled(path), headers, content)
end

function done(summary, latency, requests)
  local errors = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.timeout
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "errors": %d, "p50_ms": %.3f, "p95_ms": %.3f, "p99_ms": %.3f}\n',
    summary.requests, summary.duration / 1e6, errors, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    latency:percentile(99) / 1e3))
end
