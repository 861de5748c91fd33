-- my_tasks.lua: an app whose page shows its tasks; the specs put in what the tasks do.
local tl = require "tidelock"
local ui = tl.ui
local program = require "my_tasks_program"

local Job = tl.state("Job", { n = 0 })
program.Job = Job

local function run(self, what, ...) return program[what](self, ...) end

Job.work = tl.background(run)
local keys = { bytes = "\xff\xfe", large = (1 << 53) + 1 } -- what no event brings
Job.queue = tl.background(run, { policy = "queue", key = function(_, _, key) return keys[key] or key end })
Job.restart = tl.background(run, { policy = "restart" })
Job.leaving = tl.background(run, { on_disconnect = { grace = 5 } })
function Job:go(what, ...) return run(self, what, ...) end

tl.page("/", { title = "Tasks" }, function()
  return ui.main {
    ui.button { "Hidden", on_click = { Job.work "x", Job.queue "x", Job.restart "x", Job.leaving "x", Job.go "x" } },
    ui.p { #tl.my_tasks, " running" },
    ui.ul { ui.foreach(tl.my_tasks, function(task)
      return ui.li { task.name, " ", task.key, " ", task.status, " ", task.progress, " ", task.text }
    end, { key = "id" }) },
  }
end)

tl.page("/other", { title = "Other" }, function() return ui.main { ui.p "No tasks here" } end)
