--- near.lua: "did you mean": the known name that a misspelt one was meant to be. May use: native, options.

local native = require "tidelock.native"
local options = require "tidelock.options"

local near = {}

---The key of `known` that `name` was most likely meant to be: one or two letters from it, or one holds the other.
---@param name string
---@param known table<string, any>
---@return string|nil
function near.name(name, known) return native.near(known, name) end

---` (did you mean X?)` or nothing.
---@param name string
---@param known table<string, any>
---@param prefix string|nil put before the suggestion
function near.did_you_mean(name, known, prefix)
  local found = near.name(name, known)
  return found and (" (did you mean %s%s?)"):format(prefix or "", found) or ""
end

---` (did you mean X?)`, or else what there is: ` (there are a, b, c)`.
---@param name any an option that is not known
---@param known table<string, any>
function near.option(name, known)
  name = tostring(name)
  local told = near.did_you_mean(name, known)
  if told ~= "" then return told end
  local names = options.sorted_keys(known)
  return (" (there %s %s)"):format(#names == 1 and "is" or "are", table.concat(names, ", "))
end

return near
