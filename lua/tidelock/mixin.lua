--- mixin.lua: tl.mixin: vars, computed vars and functions that several states have, each its own.
--
-- A mixin keeps what it was given, by name, with the mixin that declared it: one that came by two ways is no conflict. Its
-- metatable says "mixin"; what it keeps has keys that are no identifiers, because its functions are read from it. May use: kinds, native, where.

local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local where = require "tidelock.where"

where.register()

local mixin = {}

local ITEMS <const>, PLACE <const>, USER <const> = "(items)", "(place)", "(user)" -- no names of members

local Mixin = { __tidelock = "mixin", __name = "mixin" }

---@class mixin.Item
---@field value any
---@field from table|nil the mixin that declares it; nil: the fields themselves

---A mixin in words.
---@return string text "the mixin of main.lua:5"
function mixin.describe(m) return "the mixin of " .. m[PLACE] end

---Where it was made, as where.here tells it.
function mixin.place(m) return m[PLACE] end

local function owner(from) return from and mixin.describe(from) or "its fields" end

---@param items table<string, mixin.Item>
---@param title string who collects them, for messages
local function add(items, title, name, item)
  local known = items[name]
  if known and not (known.from and known.from == item.from) then
    native.raise("DeclarationError", ("%s: %s is declared by %s and by %s; rename one"):format(
      title, name, owner(known.from), owner(item.from)))
  end
  items[name] = known or item
end

local function add_mixin(items, title, m)
  for name, item in pairs(m[ITEMS]) do add(items, title, name, item) end
end

local function check_mixin(title, what, m)
  if kinds.of(m) ~= "mixin" then
    native.raise("DeclarationError", ("%s: %s is %s; vars are name = default, and what stands without a name is a mixin"):format(
      title, what, kinds.describe(m)))
  end
end

-- The mixins that stand without a name, in their order.
local function unnamed(title, fields)
  local positions, out = {}, {}
  for key in pairs(fields) do
    if type(key) ~= "string" then positions[#positions + 1] = key end
  end
  table.sort(positions, function(a, b) return tostring(a) < tostring(b) end)
  for i, key in ipairs(positions) do
    check_mixin(title, ("the field [%s]"):format(tostring(key)), fields[key])
    out[i] = fields[key]
  end
  return out
end

---What fields and mixins declare together. Raises where two declare the same.
---@param title string for messages: 'tl.state("Job", ...)'
---@param fields table<string|integer, any> named ones, and mixins without a name
---@param more table[]|nil further mixins
---@param from table|nil whose the fields are
---@return table<string, mixin.Item> items
function mixin.collect(title, fields, more, from)
  local items = {}
  for name, value in pairs(fields) do
    if type(name) == "string" then items[name] = { value = value, from = from } end
  end
  for _, m in ipairs(unnamed(title, fields)) do add_mixin(items, title, m) end
  for i, m in ipairs(more or {}) do
    check_mixin(title, ("mixins[%d]"):format(i), m)
    add_mixin(items, title, m)
  end
  return items
end

---Notes that a state has copied these items: what is added later would not reach it.
---@param state_name string
---@param items table<string, mixin.Item>
function mixin.used(state_name, items)
  for _, item in pairs(items) do
    if item.from then item.from[USER] = item.from[USER] or state_name end
  end
end

function Mixin.__tostring(m) return mixin.describe(m) end

-- A function of a mixin can be called as one; all else is a class's.
function Mixin.__index(m, name)
  local item = rawget(m, ITEMS)[name]
  if item and type(item.value) == "function" then return item.value end
  native.raise("UndeclaredVarError", item and
    ("%s: a mixin is no state; read %s from a state that uses it"):format(mixin.describe(m), name) or
    ("%s has no %s (so far)"):format(mixin.describe(m), tostring(name)))
end

local assignable = { computed = true, background = true }

function Mixin.__newindex(m, name, value)
  local title = mixin.describe(m)
  if m[USER] then
    native.raise("DeclarationError", ("%s: the state %s has copied this mixin already; declare %s above it"):format(
      title, m[USER], tostring(name)))
  elseif type(name) ~= "string" or type(value) ~= "function" and not assignable[kinds.of(value)] then
    native.raise("DeclarationError", ("%s: %s: a mixin takes functions, tl.computed(...) and tl.background(...), not %s; vars are declared in tl.mixin"):format(
      title, tostring(name), kinds.describe(value)))
  end
  local known = m[ITEMS][name]
  if known and known.from == m then native.raise("DeclarationError", ("%s: %s is declared twice; rename one"):format(title, name)) end
  add(m[ITEMS], title, name, { value = value, from = m })
end

---Vars, computed vars and functions for states that use it: `tl.state("Job", { Pager, ... })`.
---@param items table<string|integer, any> vars as in tl.state, functions, tl.computed(...), tl.background(...); other mixins without a name
---@return table mixin
function mixin.new(items)
  if type(items) ~= "table" or kinds.of(items) then
    native.raise("TypeError", "tl.mixin(items): the items are a table, not " .. kinds.describe(items))
  end
  local m = { [PLACE] = where.here(), [USER] = false }
  m[ITEMS] = mixin.collect("tl.mixin", items, nil, m)
  return setmetatable(m, Mixin)
end

return mixin
