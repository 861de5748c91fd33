-- Errors of every kind of code, each with the words "secret words" in it or beside it, which only dev mode may tell.

local tl = require "tidelock"
local ui = tl.ui

local Job = tl.state("Job", { n = tl.var { type = "integer", default = 0 }, secret_field = tl.map {} })

Job.never = tl.computed(function(self)
  return self.secret_field.not_there.either -- secret words: computed
end)

function Job:fail()
  local reason = "secret words: handler"
  error(reason)
end

Job.work = tl.background(function(self)
  self.n = 1 -- secret words: task
end)

function Job:on_load()
  error "secret words: on_load"
end

function Job:broken_module()
  require "errors_broken"
end

function Job:deep()
  local text = "ü"
  error({ text = text:rep(300) }) -- secret words: a long line üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü
end

Job.set_n = Job:setter "n"

tl.page("/", { title = "Errors" }, function()
  return ui.main {
    ui.button { "Fail", on_click = Job.fail },
    ui.button { "Work", on_click = Job.work },
    ui.button { "Broken", on_click = Job.broken_module },
    ui.button { "Deep", on_click = Job.deep },
    ui.input { on_change = Job.set_n },
  }
end)

tl.page("/load", { title = "Load", on_load = Job.on_load }, function() return ui.main "" end)
