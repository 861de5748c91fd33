-- init.lua: `require "tidelock"`: gathers what an app may call into one table. May use: the native half and the other modules here.
local native = require "tidelock.native"

local tl = {}

local function take(from, ...)
  for _, name in ipairs { ... } do
    tl[name] = assert(from[name], name)
  end
end

take(native, "with_state", "modify_state", "lock", "sleep", "timeout", "gather", "defer", "now", "time", "spawn", "tasks", "cancel",
  "current_task", "background_tasks", "on_error")

local modules = { "state", "page", "effects", "http", "config" }
for _, module in ipairs(modules) do
  for name, value in pairs(require("tidelock." .. module)) do
    if tl[name] == nil and not name:find "^_" then tl[name] = value end
  end
end
tl.ui = require "tidelock.ui"

return tl
