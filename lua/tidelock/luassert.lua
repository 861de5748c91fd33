--- luassert.lua: lets luassert look into proxies: `assert.same({ 1, 2 }, self.items)` compares contents. Where two of them, or two
-- tables, differ, `same` and `equal` tell the places.
--
-- luassert's `same`, its deep comparison and its formatters go by `type(v) == "table"`, and a proxy is a userdata.
-- May use: differences, kinds, native, luassert.

local differences = require "tidelock.differences"
local kinds = require "tidelock.kinds"
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

-- The message of a failure, when its arguments, the actual value and the expected, are to be told by their differences.
local function told_by_differences(arguments, hint)
  local actual, expected = arguments[1], arguments[2]
  local function both(test) return test(actual) and test(expected) end
  if both(differences.is_long) then return differences.between(actual, expected) end
  if not both(differences.is_container) then return nil end
  local lines = differences.between(actual, expected)
  if not lines then return hint end
  return lines .. (hint and "\n" .. hint or "")
end

local IDENTITY <const> = "  (equal asks for one and the same table; same compares what they hold)"

-- Calls of an assertion whose failure is told by the differences, if it can be.
local function wrap(assertion, message, prepare, hint)
  local callback, usual = assertion.callback, assertion.positive_message
  function assertion.callback(state, arguments, level)
    prepare(arguments)
    local result, more = callback(state, arguments, (level or 1) + 1)
    assertion.positive_message = usual
    local text = not result and state.mod and told_by_differences(arguments, hint)
    if text then
      arguments[1], arguments.nofmt, assertion.positive_message = text, { true, true }, message
    end
    return result, more
  end
end

local function unwrap_both(arguments)
  arguments[1], arguments[2] = unwrap(arguments[1]), unwrap(arguments[2])
end

local function format_ours(v)
  if native.is_proxy(v) then return ("(%s) %s"):format(native.kind(v), native.json_encode(v)) end
  if kinds.of(v) then return kinds.describe(v) end
end

---Once for each luassert that is loaded.
function luassert.install()
  local assert = require "luassert"
  if luassert.installed == assert then return end
  luassert.installed = assert
  local say = require "say"
  say:set("assertion.tidelock.same", "Expected objects to be the same; they differ in:\n%s")
  say:set("assertion.tidelock.equal", "Expected objects to be equal; they differ in:\n%s")
  wrap_compare(require "luassert.util")
  local assertions = require "luassert.namespaces".assertion
  wrap(assertions.same, "assertion.tidelock.same", unwrap_both)
  for _, name in ipairs { "equal", "equals" } do wrap(assertions[name], "assertion.tidelock.equal", function() end, IDENTITY) end
  assert:add_formatter(format_ours)
end

return luassert
