-- fetch.lua: run by spec/cli/tls.test.js: what a request to an address gives.
local tl = require "tidelock"

it("fetches", function()
  local answer, message, code = tl.http.get(os.getenv "HTTP_URL", { timeout = 10 })
  print("fetched: " .. (answer and answer.status .. ", " .. answer.body or ("nil, %s, %s"):format(code, message)))
end)
