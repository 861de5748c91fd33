-- The app of wire.lua, and beside its state a short text that the host computes of all of it: what a page has put together from
-- patches can be held against what the host holds, at every message (digest.js).

local tl = require "tidelock"
local Job = require "wire"

local MASK <const> = 0xffffffff

-- Of a text, four bytes at a time.
local function digest(text)
  text = text .. ("\0"):rep(-#text % 4)
  local h = #text
  for at = 1, #text, 4 do h = (h * 31 + string.unpack("<I4", text, at)) & MASK end
  return ("%08x"):format(h)
end

local Digest = tl.state("Digest", { ticks = 0 })

-- The same vars in the same order as digest.js.
Digest.of_all = tl.computed(function(self)
  local job = self:get_state(Job)
  return digest(tl.json.encode { self.ticks, job.n, job.double, job.running, job.cleaned, job.text, job.list, job.map, job.loads })
end)

-- A change, which the page gets together with a new digest.
function Digest:tick() self.ticks = self.ticks + 1 end

-- Tells how far it is, beside all else that goes on.
Digest.work = tl.background(function(_, times, pause)
  for i = 1, times do
    tl.current_task():progress(i / times, ("step %d"):format(i))
    tl.sleep(pause)
  end
end, { policy = "queue", key = function(_, times) return times % 2 end })

tl.expose(Digest.tick, Digest.work)

tl.page("/tasks", {}, function()
  return tl.ui.ul { tl.ui.foreach(tl.my_tasks, function(task) return tl.ui.li { task.name } end, { key = "id" }) }
end)
