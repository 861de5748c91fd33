--- lifespan.lua: `tl.lifespan`: functions that run while the host runs. The host starts them (host/runtime/lifecycle.c).
-- May use: kinds, native.

local kinds = require "tidelock.kinds"
local native = require "tidelock.native"

local lifespan = {}

---Declares a function that runs as a task of no tab from when the host serves until it shuts down: then it is cancelled, after
---all other tasks have ended, and awaited.
---@param fn fun()
function lifespan.lifespan(fn)
  if type(fn) ~= "function" then
    native.raise("TypeError", ("tl.lifespan(fn): a function is expected, not %s"):format(kinds.describe(fn)))
  end
  if native.frozen() then
    native.raise("DeclarationError", "tl.lifespan(fn): it is declared while main.lua loads, not later; tl.spawn starts a task at any time")
  end
  local app = native.app_table()
  app.lifespans = app.lifespans or {}
  table.insert(app.lifespans, fn)
end

return lifespan
