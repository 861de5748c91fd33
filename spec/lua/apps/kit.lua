-- kit.lua: an app with the ready-made components; the specs put in what the tasks do.
local tl = require "tidelock"
local ui = tl.ui
local program = require "kit_program"

local Job = tl.state("Job", { n = 0 })
program.Job = Job

Job.work = tl.background(function(self, what) return program[what](self) end)
Job.queue = tl.background(function(self, what) return program[what](self) end, { policy = "queue", key = function(_, what) return what end })
tl.expose(Job.work, Job.queue)

tl.page("/", { title = "Kit" }, function()
  return ui.main { tl.kit.tasks { names = { ["Job.work"] = "Work" } } }
end)

tl.page("/watch", { title = "Watch" }, function()
  return ui.main { tl.kit.tasks { cancel = false, label = "Jobs", empty = "None." } }
end)
