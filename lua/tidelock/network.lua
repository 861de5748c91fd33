--- network.lua: what befalls a driven page's connection: it breaks off, is held up, loses or repeats what is said. Methods of tl.Tab.
--
-- The page does what a browser's does (client/src/session.js). May use: kinds, where.

local kinds = require "tidelock.kinds"
local where = require "tidelock.where"

where.register()

local network = {}

local ways = { page = true, host = true }

---Holds up what the page says ("page"), what the host says ("host"), or both: neither is told. What is held up arrives
---with tab:flow(), and is lost when the connection breaks off meanwhile.
---@param way "page"|"host"|nil
function network:stall(way)
  if way ~= nil and not ways[way] then
    error(('tab:stall: "page", "host" or nothing, not %s'):format(tostring(way)), 0)
  end
  self.link:stall(way)
end

---What tab:stall() held up arrives.
function network:flow()
  self.link:flow()
  self.driver.settle()
end

-- A way and how many messages; the caller's caller is told what is wrong.
local function check_fault(name, way, n)
  if not ways[way] then where.fail('tab:%s: "page" or "host", whose message it is, not %s', name, kinds.describe(way)) end
  if n ~= nil and not (math.type(n) == "integer" and n >= 1) then
    where.fail("tab:%s: how many messages is an integer from 1 on, not %s", name, kinds.describe(n))
  end
  return n or 1
end

---The next message of the page ("page") or of the host ("host") is lost, though the connection stays. A page that notices it by
---the next one asks for the whole state. Forgotten when the connection ends.
---@param way "page"|"host"
---@param n integer|nil how many; 1
function network:lose(way, n)
  self.link:spoil(way, "lose", check_fault("lose", way, n))
end

---The next message of the page ("page") or of the host ("host") arrives twice.
---@param way "page"|"host"
---@param n integer|nil how many; 1
function network:double(way, n)
  self.link:spoil(way, "double", check_fault("double", way, n))
end

---Another browser tab with the same page and token, as when a tab is duplicated.
---@return tl.Tab
function network:duplicate()
  return self.driver.duplicate(self)
end

---The connection breaks off, as in a tunnel; the page stays.
function network:disconnect()
  self.link:drop()
  self.driver.settle()
end

---The page connects again, with its token and version.
function network:reconnect()
  if self.link.peer then self.link:drop() end
  self.link:connect(self.path)
  self.driver.settle()
end

---The page is closed by its user.
function network:close()
  if self.is_closed then return end
  self.is_closed = true
  self.link:leave()
  self.driver.left(self)
  self.driver.settle()
end

return network
