-- kit.lua: tl.kit.tasks in a browser: tasks that the page starts, and that last as long as it says.
local tl = require "tidelock"
local ui = tl.ui

local Job = tl.state("Job", { n = 0 })

Job.work = tl.background(function(self, seconds, text)
  local task = tl.current_task()
  if text ~= "" then task:progress(0, text) end
  for i = 1, seconds do
    tl.sleep(1)
    if text ~= "" then task:progress(i / seconds) end
  end
  tl.with_state(self, function() self.n = self.n + 1 end)
end)

Job.careful = tl.background(function(self)
  local _ <close> = tl.defer(function() tl.sleep(1) end)
  tl.sleep(600)
end)

Job.queue = tl.background(function() tl.sleep(600) end, { policy = "queue" })

tl.page("/", { title = "Kit" }, function()
  return ui.main {
    ui.p { Job.n, " done" },
    ui.div { class = "row",
      ui.button { "Short", on_click = Job.work(2, "short") },
      ui.button { "Long", on_click = Job.work(600, "long") },
      ui.button { "Unknown", on_click = Job.work(600, "") },
      ui.button { "Careful", on_click = Job.careful },
      ui.button { "Queue", on_click = Job.queue },
    },
    tl.kit.tasks { names = { ["Job.work"] = "Work", ["Job.careful"] = "Careful" } },
  }
end)
