-- config.lua: `tl.config{...}`: the limits and ways of the host, set while main.lua loads.
-- May use: native.

local native = require "tidelock.native"

local config = {}

---Sets options of the host: numbers are seconds or bytes (0: none), the others booleans.
---@param options table<string, number|boolean>
function config.config(options)
  if type(options) ~= "table" then error("tl.config takes a table: tl.config{ tab_ttl = 600 }", 2) end
  if not native.app_table() or native.frozen() then error("tl.config: options are set while main.lua loads", 2) end
  for name, value in pairs(options) do
    if type(value) == "boolean" then value = value and 1 or 0 end
    if type(value) ~= "number" then error(("tl.config: %s: a number or a boolean is needed, not a %s"):format(tostring(name), type(value)), 2) end
    local problem = native.config(tostring(name), value)
    if problem then error("tl.config: " .. problem, 2) end
  end
end

return config
