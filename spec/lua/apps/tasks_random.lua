-- tasks_random.lua: an app for schedules_spec.lua: a state with a pair of vars that must never differ, and handlers that run what the
-- spec's table `tasks_random_program` says.
local tl = require "tidelock"
local program = require "tasks_random_program"

local Job = tl.state("Job", { x = 0, y = 0, items = {}, names = tl.map {}, _n = 0 })

Job.total = tl.computed(function(self) return self.x + self.y end)

function Job:go(id) return program.handler(self, id) end
function Job:restart() self:reset() end
Job.work = tl.background(function(self, id) return program.task(self, id) end)

tl.expose(Job.go, Job.work, Job.restart)
tl.config { event_burst = 1e6, event_rate = 1e6 }
program.Job = Job

tl.page("/", { title = "Random" }, function() return tl.ui.main { Job.x } end)
