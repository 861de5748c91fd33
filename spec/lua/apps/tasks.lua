-- tasks.lua: an app whose handlers do what a spec says: Job.go(name) and Job.work(name) call the function of that name in the table
-- `tasks_program`, which the spec fills (see tasks_kit.lua).
local tl = require "tidelock"
local ui = tl.ui
local program = require "tasks_program"

local Job = tl.state("Job", {
  n = 0, a = 0, b = 0, text = "", running = false, items = {}, by_name = tl.map {}, result = tl.var(),
  _log = {}, _tasks = 0,
})
local Other = tl.state("Other", { n = 0 })

Job.sum = tl.computed(function(self)
  if program.in_computed then program.in_computed(self) end
  return self.a + self.b
end)

function Job:go(name, ...) return program[name](self, ...) end
function Job:also(name, ...) return program[name](self, ...) end
function Job:load() if program.on_load then return program.on_load(self) end end
function Job:_write(v) self.n = v end
Job.work = tl.background(function(self, name, ...) return program[name](self, ...) end)
Job.other_work = tl.background(function(self, name, ...) return program[name](self, ...) end)

tl.expose(Job.go, Job.also, Job.work)
tl.config(program.config or {})
if program.while_loading then program.while_loading() end

program.Job, program.Other = Job, Other
function program.read_global() return misspelt_name end -- luacheck: ignore

tl.page("/", { title = "Tasks", on_load = Job.load }, function()
  return ui.main { ui.h1 { Job.n }, ui.button { "Work", on_click = Job.work "clicked" } }
end)
