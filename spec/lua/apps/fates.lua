-- fates.lua: background tasks with each option that decides how they end. They run the function `run` of the table
-- `fates_program`, which the spec fills.
local tl = require "tidelock"
local program = require "fates_program"

local Job = tl.state("Job", { n = 0, kept = 0 })

local function run(self, ...) return program.run(self, ...) end

Job.plain = tl.background(run)
Job.timed = tl.background(run, { timeout = 2 })
Job.restart = tl.background(run, { policy = "restart" })
Job.drop = tl.background(run, { policy = "drop" })
Job.queue = tl.background(run, { policy = "queue" })
Job.left = tl.background(run, { on_disconnect = "cancel" })
Job.graced = tl.background(run, { on_disconnect = { grace = 3 } })
Job.kept_on = tl.background(run, { on_disconnect = "keep" })

tl.config { tab_ttl = 10 }
tl.expose(Job.plain, Job.timed, Job.restart, Job.drop, Job.queue, Job.left, Job.graced, Job.kept_on)
tl.page("/", { title = "Fates" }, function() return tl.ui.main { tl.ui.h1 { Job.n } } end)
