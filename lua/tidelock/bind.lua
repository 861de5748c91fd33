--- bind.lua: `ui.bind(Job.name)`: the value of a control that goes both ways.
--
-- The control shows the var, and each edit runs the var's setter, which the page offers by that. Of
-- the edits that come while one is under way only the latest is sent; what is no number on the way to
-- one ("-", "1e", nothing) is not sent to a var that holds numbers. May use: kinds, where, var, values, state, native.

local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local values = require "tidelock.values"
local var = require "tidelock.var"
local where = require "tidelock.where"

where.register()

local bind = {}

local Bind = { __tidelock = "bind" }

local function check_var(v)
  if kinds.of(v) ~= "var" then where.fail("ui.bind: a Var of a state (Job.max), got %s", kinds.describe(v)) end
  local node = var.node(v)
  if node["$"] == "item" then
    where.fail("ui.bind: %s belongs to an element of a list, which has no setter; "
      .. "give the control a handler with the element's id (on_change = Job.rename(item.id))", var.describe(v))
  end
  if node["$"] ~= "var" or #node.path ~= 2 then
    where.fail("ui.bind: %s is no var of a state, so it has no setter; bind the var itself, or use a handler", var.describe(v))
  end
  return node.path[1], node.path[2]
end

---@param v tl.Var a state's var
function bind.new(v)
  local state_name, name = check_var(v)
  -- state.lua makes Vars by ui.lua, which makes these.
  local setter, of_type, nil_allowed = require("tidelock.state").setter_of(state_name, name)
  return setmetatable({ var = v, setter = setter, of_type = of_type, nil_allowed = nil_allowed }, Bind)
end

-- Where it may stand ----------------------------------------------------------------------------

local controls = { input = true, select = true, textarea = true }

local checks = { checkbox = true, radio = true }

local without_value = { file = true, submit = true, button = true, reset = true, image = true, hidden = true }

local function check_place(tag, name, kind)
  local wanted = checks[kind] and "checked" or "value"
  if not controls[tag] or without_value[kind] then
    where.fail("ui.%s: %s: ui.bind is for the value of an input, a select or a textarea that somebody can edit", tag, name)
  end
  if name ~= wanted then
    where.fail("ui.%s: ui.bind of %s belongs into `%s`", tag, kind and "a " .. kind or "a control", wanted)
  end
end

-- Of several radio buttons that one is checked whose value is the var's.
local function is_chosen(b, value)
  if type(value) ~= "string" and type(value) ~= "number" then
    where.fail("ui.input: a radio button that is bound needs a `value` of its own, a string or a number, got %s", kinds.describe(value))
  end
  local converted = require("tidelock.state").converted(b.setter, values.shown(value))
  return b.var:eq(converted)
end

local numeric = { number = "number", integer = "number" }

---What a bound attribute becomes.
---@param tag string
---@param name string the attribute
---@param content table the element's attributes and children, as the app gave them
---@return tl.Var value
---@return table entry of the trigger `input`
function bind.attribute(tag, name, b, content)
  local kind = tag == "input" and type(content.type) == "string" and content.type:lower() or nil
  check_place(tag, name, kind)
  local takes = numeric[b.of_type]
  if takes and b.nil_allowed then takes = takes .. "?" end
  local entry = { handler = b.setter.handler, args = native.list {}, opts = native.map { latest = true, takes = takes } }
  return kind == "radio" and is_chosen(b, content.value) or b.var, entry
end

return bind
