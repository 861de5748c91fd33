--- my_tasks.lua: `tl.my_tasks`: the tab's background tasks as a Var.
--
-- Where an app asks for it, it gets a state of the host's own, which C fills (host/lua/board.c). It is declared by the first page
-- or line of main.lua that reads it, so that other apps have nothing of it. May use: native, state.

local native = require "tidelock.native"
local state = require "tidelock.state"

local my_tasks = {}

---Whether the app that is there has asked for it.
function my_tasks.asked()
  return native.app_table().own_state ~= nil
end

local function declare()
  local class = state.declare(state.OWN, { my_tasks = native.list {}, now = 0 })
  class.cancel = state.background(function(self, id) native.cancel_shown(self, id) end)
  native.keyhint({ state.OWN, "my_tasks" }, "id")
  native.own_state(class)
  return class
end

---The host's state, declared when it is not yet. Raises once main.lua has loaded.
function my_tasks.class()
  local app = native.app_table()
  if not app.own_state then
    if native.frozen() then
      native.raise("DeclarationError",
        "tl.my_tasks is for pages, which are built while main.lua loads, and no page of this app has it; a handler has self:tasks()")
    end
    app.own_state = declare()
  end
  return app.own_state
end

---The Var: a list of maps.
function my_tasks.var()
  return my_tasks.class().my_tasks
end

return my_tasks
