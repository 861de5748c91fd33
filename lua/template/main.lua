-- {{name}}: a counter that a background task counts up, while the page stays alive.
local tl = require "tidelock"
local ui = tl.ui

-- Each browser tab has one of these. The page gets what changes in it, but for the names that begin with _.
local Counter = tl.state("Counter", {
  count = 0,
  goal = 20,
  running = false,
  _counting = false, -- whether the task lives: one is enough
})

-- Runs beside the handlers. What it writes stands in blocks: tl.with_state locks, refreshes self, commits and sends.
-- Between them nothing is locked, so the buttons work meanwhile.
Counter.count_up = tl.background(function(self)
  repeat
    tl.sleep(0.5)
    local go_on = tl.with_state(self, function()
      if self.running then
        self.count = self.count + 1
        self.running = self.count < self.goal
      end
      self._counting = self.running
      return self.running
    end)
  until not go_on
end)

-- Handlers: what a trigger of the page may run. To return an event starts it.
function Counter:toggle()
  self.running = not self.running
  if not self.running then return end
  if self.count >= self.goal then self.count = 0 end
  if self._counting then return end
  self._counting = true
  return Counter.count_up
end

function Counter:clear() self.count = 0 end

Counter.set_goal = Counter:setter "goal"

-- This function runs once. Counter.count is a Var here: the place where each tab's own count will stand.
tl.page("/", { title = "{{name}}" }, function()
  return ui.main {
    ui.header {
      ui.h1 "{{name}}",
      ui.p "A task counts twice a second, and the page stays alive.",
    },
    ui.section { class = "card",
      ui.h2 { Counter.count, " of ", Counter.goal },
      ui.progress { value = Counter.count, max = Counter.goal, ["aria-label"] = "Progress" },
      ui.div { class = "row",
        ui.button { ui.cond(Counter.running, "Stop", "Start"), class = { primary = ~Counter.running }, style = { width = "5.5rem" },
          on_click = Counter.toggle },
        ui.button { "Clear", on_click = Counter.clear },
      },
      ui.label { "Goal", ui.input { type = "number", min = 1, value = Counter.goal, on_change = Counter.set_goal } },
    },
  }
end)
