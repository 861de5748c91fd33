-- Two background tasks on one page.
--
-- My task counts twice a second while the page stays alive. Low level fetches a line of text in a task of its own and writes it into the
-- tab's state by the tab's token.

local tl = require "tidelock"
local ui = tl.ui

-- Where the text of the second demo comes from. An address that begins with "/" is this app's own.
local TEXT_URL = os.getenv "TEXT_URL" or "/line.txt"

-- My task ---------------------------------------------------------------------------------------

local MyTask = tl.state("MyTask", {
  counter = 0,
  max_counter = 10,
  running = false,
  _n_tasks = 0, -- how many loops run: one is enough
})

MyTask.my_task = tl.background(function(self)
  local go = tl.with_state(self, function()
    if self._n_tasks > 0 then return false end
    self._n_tasks = self._n_tasks + 1
    return true
  end)
  while go do
    go = tl.with_state(self, function()
      if self.counter >= self.max_counter then self.running = false end
      if not self.running then
        self._n_tasks = self._n_tasks - 1
        return false
      end
      self.counter = self.counter + 1
      return true
    end)
    if go then tl.sleep(0.5) end
  end
end)

function MyTask:toggle_running()
  self.running = not self.running
  if self.running then return MyTask.my_task end
end

function MyTask:clear_counter()
  self.counter = 0
end

MyTask.set_max_counter = MyTask:setter "max_counter"

-- A duplicated browser tab has a copy of the state, and the task stays with the original.
function MyTask:on_load()
  if #self:tasks(MyTask.my_task) > 0 then return end
  self.running = false
  self._n_tasks = 0
end

-- Low level -------------------------------------------------------------------------------------

local LowLevel = tl.state("LowLevel", { result = "", loading = false, problem = "" })

local fetching = {} -- the tasks that run, by their tab's token, so that somebody could list or cancel them

local function fetch(token)
  local answer, problem = tl.http.get(TEXT_URL, { timeout = 10 })
  if answer and answer.status ~= 200 then
    answer, problem = nil, "the answer was " .. answer.status
  end
  tl.modify_state(token, LowLevel, function(state)
    state.loading = false
    state.result = answer and answer.body:match "[^\r\n]*" or ""
    state.problem = problem or ""
  end)
end

function LowLevel:fetch_data()
  self.loading = true
  self.problem = ""
  local own_token = self:get_token()
  fetching[own_token] = tl.spawn(function(token)
    local _ <close> = tl.defer(function() fetching[token] = nil end)
    fetch(token)
  end, own_token)
end

function LowLevel:on_load()
  if not fetching[self:get_token()] then self.loading = false end
end

-- The page --------------------------------------------------------------------------------------

tl.assets "public"
tl.head { ui.link { rel = "icon", type = "image/svg+xml", href = "/icon.svg" } }

local function my_task()
  return ui.section { class = "card", id = "my-task",
    ui.div { class = "row",
      ui.h2 { MyTask.counter, " /", style = { ["font-size"] = "2.074rem", ["min-width"] = "2em" } }, -- room for "10 /": nothing moves
      ui.input { type = "number", min = 0, aria_label = "Maximum", value = MyTask.max_counter, on_change = MyTask.set_max_counter },
    },
    ui.progress { value = MyTask.counter, max = MyTask.max_counter, aria_label = "Progress" },
    ui.p { class = "help", "A task counts twice a second. Change the maximum, reset or stop it meanwhile." },
    ui.div { class = "row",
      ui.button { ui.cond(MyTask.running, "Stop", "Start"), class = { primary = ~MyTask.running }, style = { width = "5.5rem" },
        on_click = MyTask.toggle_running },
      ui.button { "Reset", on_click = MyTask.clear_counter },
    },
  }
end

local function low_level()
  return ui.section { class = "card", id = "low-level",
    ui.h2 "Low level",
    ui.p { class = "help", "A task of its own fetches a line of text and writes it here by the tab's token." },
    ui.div { class = "row",
      ui.button { "Fetch Data", class = "primary", on_click = LowLevel.fetch_data, disabled = LowLevel.loading },
    },
    ui.blockquote { id = "result", role = "status",
      ui.cond(LowLevel.loading, "loading …",
        ui.cond(LowLevel.problem:ne "", ui.span { class = "error", LowLevel.problem },
          ui.cond(LowLevel.result:ne "", LowLevel.result, "Nothing fetched yet."))) },
  }
end

tl.page("/", { title = "Background tasks", on_load = { MyTask.on_load, LowLevel.on_load } }, function()
  return ui.main {
    ui.header {
      ui.h1 "Background tasks",
      ui.p "Long work runs beside the page, and the page stays alive.",
    },
    my_task(),
    low_level(),
  }
end)
