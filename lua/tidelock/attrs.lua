--- attrs.lua: checks an element's attributes and brings them into the form of docs/ui-tree.md.
--
-- May use: kinds, where, html, var, native.

local html = require "tidelock.html"
local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local sorted_keys = require "tidelock.values".sorted_keys
local var = require "tidelock.var"
local where = require "tidelock.where"

where.register()

local attrs = {}

-- class -----------------------------------------------------------------------------------------

local function class_names(tag, list)
  local names = {}
  for i = 1, #list do
    local name = list[i]
    if name ~= nil and name ~= false then
      if type(name) ~= "string" and kinds.of(name) ~= "var" then
        where.fail("ui.%s: class: a name is a string or a Var, got %s", tag, kinds.describe(name))
      end
      names[#names + 1] = var.operand(name, "class")
    end
  end
  return names
end

local function class_tests(tag, map)
  local tests = {}
  for name, test in pairs(map) do
    if type(name) == "string" then
      if type(test) ~= "boolean" and kinds.of(test) ~= "var" then
        where.fail("ui.%s: class %q: true, false or a Var, got %s", tag, name, kinds.describe(test))
      end
      if test ~= false then tests[name] = var.operand(test, "class") end
    elseif math.type(name) ~= "integer" then
      where.fail("ui.%s: class: %s is no name", tag, kinds.describe(name))
    end
  end
  return tests
end

-- Plain text when nothing in it can change.
local function static_class(names, tests)
  local out = {}
  for _, name in ipairs(names) do
    if type(name) ~= "string" then return nil end
    out[#out + 1] = name
  end
  for _, name in ipairs(sorted_keys(tests)) do
    if tests[name] ~= true then return nil end
    out[#out + 1] = name
  end
  return table.concat(out, " ")
end

local function class(tag, v)
  if type(v) == "string" then return var.operand(v, "class") end
  if kinds.of(v) == "var" then v = { v } end
  if type(v) ~= "table" or kinds.of(v) then
    where.fail("ui.%s: class is a string, a list, a map from name to Var, got %s", tag, kinds.describe(v))
  end
  local names, tests = class_names(tag, v), class_tests(tag, v)
  return static_class(names, tests)
    or { ["$"] = "class", names = native.list(names), when = native.map(tests) }
end

-- style -----------------------------------------------------------------------------------------

local function property(name)
  if name:sub(1, 2) == "--" then return name end
  return (name:gsub("_", "-"))
end

local function style(tag, v)
  if type(v) ~= "table" or kinds.of(v) then
    where.fail("ui.%s: style is a map from property to value (style = { color = \"red\" }), got %s",
      tag, kinds.describe(v))
  end
  local out = {}
  for name, value in pairs(v) do
    if type(name) ~= "string" then where.fail("ui.%s: style: %s is no property", tag, kinds.describe(name)) end
    if type(value) == "table" and kinds.of(value) ~= "var" or value == true then
      where.fail("ui.%s: style %q: a string, a number or a Var, got %s", tag, name, kinds.describe(value))
    end
    if value ~= false then out[property(name)] = var.operand(value, name) end
  end
  return native.map(out)
end

-- the others ------------------------------------------------------------------------------------

-- By which JavaScript knows them.
local script_names = { className = "class", htmlFor = "[\"for\"]" }

local function check_name(tag, name)
  local lower = name:lower()
  if lower:match "^on" then
    where.fail("ui.%s: %s would hold code; a trigger is written on_%s", tag, name, lower:sub(3))
  end
  if lower == "srcdoc" then
    where.fail("ui.%s: srcdoc is refused: a page holds no HTML text, only elements", tag)
  end
  if script_names[name] then where.fail("ui.%s: %s is JavaScript's word; HTML writes %s", tag, name, script_names[name]) end
  if not name:match "^[%a_:][%w_:.-]*$" then where.fail("ui.%s: %q is no attribute's name", tag, name) end
end

-- A list is what the value of a multiple select is.
local function takes_list(tag, name)
  return tag == "select" and name == "value"
end

local function plain(tag, name, v)
  local is_table = type(v) == "table" and not rawequal(v, native.null)
  if is_table and kinds.of(v) ~= "var" and (kinds.of(v) or not takes_list(tag, name)) then
    where.fail("ui.%s: attribute %s: a string, number, boolean or Var, got %s", tag, name, kinds.describe(v))
  end
  if type(v) == "string" and html.url_attributes[name:lower()] and html.is_unsafe_url(v) then
    where.fail("ui.%s: %s: an address cannot hold code; use a trigger (on_click = ...)", tag, name)
  end
  return var.operand(v, ("ui.%s: attribute %s"):format(tag, name))
end

---An attribute's name as HTML writes it. No name of HTML has an underscore, and many have a hyphen.
---@param key string as a page writes it: "aria_label", "aria-label"
---@return string
function attrs.name(key) return (key:gsub("_", "-")) end

local special = { class = class, style = style }

---The tree's form of an attribute.
---@param tag string the element, for messages
---@param name string
---@param v any not nil and not false
---@return any
function attrs.convert(tag, name, v)
  check_name(tag, name)
  if special[name] then return special[name](tag, v) end
  return plain(tag, name, v)
end

return attrs
