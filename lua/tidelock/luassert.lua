--- luassert.lua: lets luassert look into proxies: `assert.same({ 1, 2 }, self.items)` compares contents, and a failure shows them.
--
-- luassert's `same`, its deep comparison and its formatters go by `type(v) == "table"`, and a proxy is a userdata.
-- May use: native, luassert.

local native = require "tidelock.native"

local luassert = {}

local function unwrap(v)
  return native.is_proxy(v) and native.copy(v) or v
end

-- What lies in tables, also for those who call the comparison themselves.
local function wrap_compare(util)
  local compare = util.deepcompare
  function util.deepcompare(a, b, ...) return compare(unwrap(a), unwrap(b), ...) end
end

-- What is given to `same`.
local function wrap_same(assertion)
  local same = assertion.callback
  function assertion.callback(state, arguments, level)
    arguments[1], arguments[2] = unwrap(arguments[1]), unwrap(arguments[2])
    return same(state, arguments, (level or 1) + 1)
  end
end

local function format_proxy(v)
  if native.is_proxy(v) then return ("(%s) %s"):format(native.kind(v), native.json_encode(v)) end
end

---Once for each luassert that is loaded.
function luassert.install()
  local assert = require "luassert"
  if luassert.installed == assert then return end
  luassert.installed = assert
  wrap_compare(require "luassert.util")
  wrap_same(require "luassert.namespaces".assertion.same)
  assert:add_formatter(format_proxy)
end

return luassert
