--- kinds.lua: tells Tidelock's own values apart.
--
-- Events, effects, Vars, elements are Lua tables whose metatable says what they are in the field
-- `__tidelock`: "event", "effect", "var", "node", "on", "bind". Uses nothing.

local kinds = {}

---What kind of Tidelock value `v` is.
---@param v any
---@return string|nil kind nil: none of ours
function kinds.of(v)
  local mt = type(v) == "table" and getmetatable(v)
  return type(mt) == "table" and rawget(mt, "__tidelock") or nil
end

local names = {
  event = "an event",
  effect = "an effect",
  var = "a Var",
  node = "an element",
  on = "a trigger made by tl.on",
  bind = "a ui.bind(...)",
  mixin = "a mixin",
}

---`v` in words, for error messages.
---@param v any
---@return string
function kinds.describe(v)
  local kind = kinds.of(v)
  if kind then return names[kind] or kind end
  if type(v) == "string" then return ("the string %q"):format(v) end
  if type(v) == "number" or type(v) == "boolean" or v == nil then return tostring(v) end
  return "a " .. type(v)
end

return kinds
