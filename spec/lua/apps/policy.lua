-- policy.lua: background tasks with options, which note what becomes of them in the list `policy_log`, which the spec reads.
local tl = require "tidelock"
local log = require "policy_log"

local Job = tl.state("Job", { done = 0, team = "red" })

-- A task's work: some seconds; what it meets at its end is noted, with its first argument.
local function work(self, name, seconds)
  name = tostring(name)
  log[#log + 1] = "begin " .. name
  local ended = "cut"
  local _ <close> = tl.defer(function() log[#log + 1] = ended .. " " .. name end)
  tl.sleep(seconds or 1)
  tl.with_state(self, function() self.done = self.done + 1 end)
  ended = "end"
end

local function first(_, name) return name end

Job.parallel = tl.background(work)
Job.drop = tl.background(work, { policy = "drop" })
Job.restart = tl.background(work, { policy = "restart" })
Job.queue = tl.background(work, { policy = "queue" })
Job.drop_keyed = tl.background(work, { policy = "drop", key = first })
Job.restart_keyed = tl.background(work, { policy = "restart", key = first })
Job.queue_keyed = tl.background(work, { policy = "queue", key = first })
Job.by_team = tl.background(work, { policy = "drop", key = function(self) return self.team end })
Job.keyed = tl.background(work, { key = first })
Job.timed = tl.background(work, { timeout = 2 })
Job.timed_queue = tl.background(work, { policy = "queue", timeout = 2 })
Job.kept = tl.background(work, { on_disconnect = "keep" })
Job.left = tl.background(work, { on_disconnect = "cancel" })
Job.graced = tl.background(work, { on_disconnect = { grace = 5 } })
Job.bad_key = tl.background(work, { key = function() return {} end })
Job.writing_key = tl.background(work, { key = function(self) self.team = "blue" return 1 end })
Job.waiting_key = tl.background(work, { key = function() tl.sleep(1) return 1 end })
Job.slow_end = tl.background(function(_, name)
  local _ <close> = tl.defer(function()
    tl.sleep(2)
    log[#log + 1] = "cleaned " .. name
  end)
  log[#log + 1] = "begin " .. name
  tl.sleep(100)
end, { policy = "restart" })

Job.circle = tl.background(function(_, name)
  log[#log + 1] = "begin " .. name
  tl.sleep(1)
  local behind = tl.tasks()[2]
  if behind then behind:await() end
end, { policy = "queue" })

function Job:stop(key) tl.cancel(self, Job.keyed, key) end
function Job:stop_one(name, key) tl.cancel(self, Job.keyed(name), key) end
function Job:stop_badly() tl.cancel(self, Job.keyed, {}) end
function Job:join(team) self.team = team end

local names = {}
for _, name in ipairs { "parallel", "drop", "restart", "queue", "drop_keyed", "restart_keyed", "queue_keyed", "by_team", "keyed", "timed",
  "timed_queue", "kept", "left", "graced", "bad_key", "writing_key", "waiting_key", "slow_end", "circle", "stop", "stop_one", "stop_badly", "join" } do
  names[#names + 1] = Job[name]
end
tl.expose(table.unpack(names))
tl.config { tab_ttl = 60 }

tl.page("/", function()
  return tl.ui.main { tl.ui.p { Job.done }, tl.ui.button { "Go", on_click = Job.drop "page" } }
end)
