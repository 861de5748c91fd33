-- modules_spec.lua: an app of several files: a state module returns its class; modules that need each other: manual section 1.
local t = require "tidelock.testing"
local probe = require "spec.lua.support.probe"

local folder

local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  file:write('local tl = require "tidelock"\nlocal ui = tl.ui\n', text)
  file:close()
end

before_each(function()
  folder = os.tmpname()
  os.remove(folder)
  assert(os.execute(("mkdir '%s'"):format(folder)))
end)
after_each(function() os.execute(("rm -rf '%s'"):format(folder)) end)

local PAGE <const> = 'tl.page("/", {}, function() return ui.main { ui.button { "Go", on_click = require("jobs").go } } end)\n'

local function refuses(text)
  probe.raises(text, t.open, folder .. "/main.lua", "/")
end

describe("an app of several files", function()
  it("has state modules that return their class", function()
    write("jobs.lua", 'local Base = require "base"\nlocal Jobs = tl.state("Jobs", {}, { extends = Base })\nfunction Jobs:go() self:add(2) end\nreturn Jobs')
    write("base.lua", 'local Base = tl.state("Base", { n = 1 })\nfunction Base:add(n) self.n = self.n + n end\nreturn Base')
    write("main.lua", 'assert(require "jobs" == require "jobs")\n' .. PAGE)
    local tab = t.open(folder .. "/main.lua", "/")
    tab:click "Go"
    assert.equal(3, tab:state "Base".n)
  end)

  it("may have two that need each other, by the state's name or by a require in the function", function()
    write("jobs.lua", [[
      local Log = require "log"
      local Jobs = tl.state("Jobs", { n = 0 })
      function Jobs:go() self.n = 1 self:get_state(Log):note "went" return Log.done end
      return Jobs]])
    write("log.lua", [[
      local Log = tl.state("Log", { text = "" })
      function Log:note(word) self.text = word .. self:get_state "Jobs".n end
      function Log:done() return require("jobs").again end
      return Log]])
    write("main.lua", 'local Jobs = require "jobs"\nfunction Jobs:again() self.n = 5 end\n' .. PAGE)
    local tab = t.open(folder .. "/main.lua", "/")
    tab:click "Go"
    assert.same({ "went1", 5 }, { tab:state "Log".text, tab:state "Jobs".n })
  end)

  it("refuses two that require each other while they load, and names the circle", function()
    write("jobs.lua", 'local Jobs = tl.state("Jobs", {})\nrequire "log"\nreturn Jobs')
    write("log.lua", 'require "deep"\nreturn tl.state("Log", {})')
    write("deep.lua", 'require "jobs"')
    write("main.lua", 'require "jobs"\n')
    refuses('the modules require each other: jobs -> log -> deep -> jobs; write require "jobs" in the function that needs it, or name its state')
  end)

  it("refuses one that requires itself", function()
    write("jobs.lua", 'require "jobs"')
    write("main.lua", 'require "jobs"\n')
    refuses("the modules require each other: jobs -> jobs;")
  end)

  it("refuses one that requires main.lua", function()
    write("jobs.lua", 'require "main"')
    write("main.lua", 'tl.state("Main", {})\nrequire "jobs"\n')
    refuses("the modules require each other: main -> jobs -> main;")
  end)

  it("lets one be required again that failed", function()
    write("jobs.lua", 'if not package.loaded.fine then package.loaded.fine = true error "once" end\n'
      .. 'local Jobs = tl.state("Jobs", {})\nfunction Jobs:go() end\nreturn Jobs')
    write("main.lua", 'assert(not pcall(require, "jobs"))\nrequire "jobs"\npackage.loaded.fine = nil\n' .. PAGE)
    t.open(folder .. "/main.lua", "/")
  end)
end)
