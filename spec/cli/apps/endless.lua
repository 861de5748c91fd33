-- endless.lua: an app whose task has given a thread something without end; the same file is the module.
if ... == "endless" then
  return {
    forever = function(path)
      local file = assert(io.open(path, "w"))
      file:write "begun"
      file:close()
      while true do pcall(error) end
    end,
  }
end

local tl = require "tidelock"
local Job = tl.state("Job", { n = 0 })

Job.start = tl.background(function() tl.work("endless", "forever", os.getenv "BEGUN") end)
tl.page("/", { on_load = Job.start }, function() return tl.ui.main { tl.ui.p { Job.n } } end)
