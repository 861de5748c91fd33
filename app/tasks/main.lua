-- Ten tasks at once, with progress, a clock and a Stop for each.

local tl = require "tidelock"
local ui = tl.ui

local TICK = 0.1 -- s, between two steps of a job

local NAMES = { "Charts", "Tide tables", "Weather", "Lights", "Buoys", "Wrecks", "Harbours", "Pilots", "Currents", "Depths" }

local function jobs()
  local list = {}
  for i, name in ipairs(NAMES) do
    list[i] = { id = i, name = name, seconds = 2 + i * 7 % 10, status = "waiting", percent = 0, elapsed = 0, problem = "" }
  end
  return list
end

local Jobs = tl.state("Jobs", { list = jobs() })

Jobs.running = tl.computed(function(self)
  local n = 0
  for _, job in ipairs(self.list) do
    if job.status == "running" then n = n + 1 end
  end
  return n
end)

-- One step. The seventh cannot be done.
local function step(job)
  tl.sleep(TICK)
  if job.id == 7 and job.percent >= 60 then error("the disk is full", 0) end
end

local function work(self, id)
  local began, percent = tl.now(), 0
  while percent < 100 do
    step(self.list[id])
    percent = tl.with_state(self, function()
      local job = self.list[id]
      job.elapsed = tl.now() - began
      job.percent = math.min(100, job.elapsed / job.seconds * 100)
      return job.percent
    end)
  end
end

Jobs.work = tl.background(function(self, id)
  local status, problem = "stopped", ""
  local _ <close> = tl.defer(function()
    tl.with_state(self, function()
      local job = self.list[id]
      job.status, job.problem = status, problem
    end)
  end)
  local ok, err = pcall(work, self, id)
  if ok then
    status = "done"
  elseif not tl.is_error(err, "CancelledError") then
    status, problem = "failed", tostring(err)
  end
end)

function Jobs:start(id)
  local job = self.list[id]
  if job.status == "running" then return end
  job.status, job.percent, job.elapsed, job.problem = "running", 0, 0, ""
  return Jobs.work(id)
end

function Jobs:start_all()
  local started = {}
  for _, job in ipairs(self.list) do started[#started + 1] = self:start(job.id) end
  return started
end

function Jobs:stop(id) tl.cancel(self, Jobs.work(id)) end

function Jobs:toggle(id)
  if self.list[id].status == "running" then return self:stop(id) end
  return self:start(id)
end

function Jobs:stop_all() tl.cancel(self, Jobs.work) end

-- The page ---------------------------------------------------------------------------------------

local function state_of(job)
  local seconds = job.elapsed:format "%.1f s"
  return ui.match(job.status, {
    waiting = "not started",
    running = seconds,
    stopped = "stopped after " .. seconds,
    done = "done in " .. seconds,
    failed = ui.span { class = "error", job.problem },
  })
end

local function card(job)
  local running = job.status:eq "running"
  return ui.li { class = "card",
    ui.h3 { job.name },
    ui.progress { value = job.percent, max = 100, aria_label = job.name },
    ui.p { class = "help", role = "status", state_of(job) },
    ui.button { ui.cond(running, "Stop", "Start"), aria_label = ui.cond(running, "Stop ", "Start ") .. job.name, on_click = Jobs.toggle(job.id) },
  }
end

tl.page("/", { title = "Ten tasks" }, function()
  return ui.main {
    ui.header {
      ui.h1 "Ten tasks",
      ui.p { ui.cond(Jobs.running:eq(0), "None is running.", Jobs.running .. " running.") },
      ui.div { class = "row",
        ui.button { "Start all", class = "primary", on_click = Jobs.start_all, disabled = Jobs.running:eq(#NAMES) },
        ui.button { "Stop all", on_click = Jobs.stop_all, disabled = Jobs.running:eq(0) },
      },
    },
    ui.ul { class = "grid", ui.foreach(Jobs.list, card, { key = "id" }) },
  }
end)
