-- What the shop knows of each browser: who has signed in, the cart, the orders. A session is shared by all tabs of a browser; a tab that
-- has changed it tells the others. It is kept in memory, in the place of a database.

local tl = require "tidelock"

local sessions = {}

local by_id = {} -- session_id -> { person = text, cart = { id -> how many }, orders = list, tabs = { token -> true } }

---The session of the browser in which a tab is.
---@param self tl.State
function sessions.of(self)
  local id = self.router.session_id
  by_id[id] = by_id[id] or { person = "", cart = {}, orders = {}, tabs = {} }
  return by_id[id]
end

-- A task of its own, because a handler has the lock of its tab and cannot take another's.
local function tell(session, token, state, fn)
  local ok, err = pcall(tl.modify_state, token, state, fn)
  if ok then return end
  if not tl.is_error(err, "UnknownTokenError") then error(err, 0) end
  session.tabs[token] = nil -- the tab has ended
end

---Calls fn(state) in all other tabs of the browser.
---@param self tl.State
---@param state tl.Class
---@param fn fun(self: tl.State)
function sessions.tell_others(self, state, fn)
  local session, own = sessions.of(self), self:get_token()
  for token in pairs(session.tabs) do
    if token ~= own then tl.spawn(tell, session, token, state, fn) end
  end
end

return sessions
