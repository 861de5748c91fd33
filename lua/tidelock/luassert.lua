--- luassert.lua: lets luassert look into proxies: `assert.same({ 1, 2 }, self.items)` compares contents, and a failure shows them.
--
-- luassert's deep comparison and its formatters go by `type(v) == "table"`, and a proxy is a userdata. May use: native, luassert.

local native = require "tidelock.native"

local luassert = {}

local function unwrap(v)
  return native.is_proxy(v) and native.copy(v) or v
end

local function wrap_compare(util)
  local compare = util.deepcompare
  function util.deepcompare(a, b, ...) return compare(unwrap(a), unwrap(b), ...) end
end

local function format_proxy(v)
  if native.is_proxy(v) then return "(" .. native.kind(v) .. ") " .. native.json_encode(v) end
end

---Once for each luassert that is loaded.
function luassert.install()
  local util = require "luassert.util"
  if luassert.util == util then return end
  luassert.util = util
  wrap_compare(util)
  require "luassert.assert":add_formatter(format_proxy)
end

return luassert
