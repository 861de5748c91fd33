-- contract_spec.lua: promises of spec/contract.txt that are nobody else's subject.
local tl, t = require "tidelock", require "tidelock.testing"
local kinds = require "tidelock.kinds"
local kit = require "spec.lua.apps.tasks_kit"
local library = require "spec.lua.support.library"
local probe = require "spec.lua.support.probe"

local APP = "spec/lua/apps/contract.lua"

describe("a declaration", function()
  -- holds: state.var.type, value.empty.fixed
  it("each type of tl.var takes its values and refuses the others", function()
    local values = { integer = 5, number = 0.5, string = "5", boolean = true, list = tl.list {}, map = tl.map {} }
    local takes = { number = { integer = true } } -- beside its own
    probe.inside(t.open(APP), function(self)
      for var in pairs(values) do
        for kind, value in pairs(values) do
          if kind == var or takes[var] and takes[var][kind] then self[var] = value
          else probe.raises(("VarTypeError: Kinds.%s is declared with type=%q"):format(var, var), function() self[var] = value end) end
        end
        self[var] = nil
        assert.is_nil(self[var])
      end
      self.list, self.map = {}, {}
      assert.same({ "list", "map" }, { tl.kind(self.list), tl.kind(self.map) })
      probe.raises("this is a list", function() self.list.x = 1 end)
    end)
  end)

  -- holds: state.reserved.handler
  it("a handler with a reserved name is refused", function()
    for _, name in ipairs { "reset", "get_token", "get_state", "with_state", "router", "setter", "tasks" } do
      local path = os.tmpname()
      local file = assert(io.open(path, "w"))
      file:write(('local tl = require "tidelock"\nlocal Job = tl.state("Job", {})\nfunction Job:%s() end\n'):format(name))
      file:close()
      local ok, err = pcall(t.open, path, "/")
      os.remove(path)
      assert.is_false(ok, name)
      assert.matches(("Job.%s: this name is reserved"):format(name), tostring(err), 1, true)
    end
  end)

  -- holds: state.class.var, state.class.event
  it("a class has Vars and event references", function()
    t.open("spec/lua/apps/state.lua", "/")
    assert.same({ "var", "event" }, { kinds.of(probe.Job.counter), kinds.of(probe.Job.add) })
    assert.equal("Var Job.counter", tostring(probe.Job.counter))
  end)

  -- holds: setter.declared, setter.inline
  it("there are no setters but those that are declared", function()
    local tab = t.open(APP)
    tab:change("#n", "5")
    assert.equal(5, tab:state "Kinds".n)
    tab:send_event("Kinds.set_n", { 6 }) -- the name of the inline one
    tab:send_event("Kinds.set_other", { 7 })
    t.settle()
    assert.same({ 6, 0 }, { tab:state "Kinds".n, tab:state "Kinds".other })
    assert.matches("Kinds.set_other", tab:errors()[1].message, 1, true)
    assert.equal(1, #tab:errors())
  end)
end)

-- holds: computed.unchanged
it("a computed var that came out the same is not sent", function()
  local tab = t.open("spec/lua/apps/state.lua", "/")
  probe.inside(tab, function(self) self.counter, self.max = 5, 10 end)
  probe.inside(tab, function(self) self.counter, self.max = 50, 100 end)
  local deltas = tab:deltas()
  assert.same({ Job = { counter = 50, max = 100, steps = 50, tried = 50 } }, deltas[#deltas].patch)
end)

describe("time", function()
  -- holds: timeout.lock
  it("tl.timeout in a block may write, and keeps the lock", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.start(tab, function(self)
      tl.with_state(self, function()
        tl.timeout(5, function()
          self.n = 1
          tl.sleep(1)
          self.a = self.n + 1
          note "block"
        end)
      end)
    end)
    t.settle()
    kit.send(tab, function() note "handler" end)
    t.advance(1)
    assert.same({ "block", "handler" }, log)
    assert.same({ 1, 2 }, { tab:state "Job".n, tab:state "Job".a })
  end)

  -- holds: time.time
  it("tl.time is the wall clock's", function()
    local before = os.time()
    local now = tl.time()
    assert.is_true(now >= before and now <= os.time() + 1.1, ("%f at %d"):format(now, before))
  end)

  -- holds: testing.seed
  it("t.seed permutes ready tasks, alike for one seed", function()
    local tab = kit.open()
    local function order(seed)
      t.seed(seed)
      local log, note = kit.log()
      for i = 1, 8 do kit.start(tab, function() note(i) end) end
      t.settle()
      return table.concat(log)
    end
    local different = {}
    for seed = 1, 10 do
      local first = order(seed)
      assert.equal(first, order(seed))
      different[first] = true
    end
    different["12345678"] = nil
    assert.is_not_nil(next(different))
  end)
end)

-- holds: random_token
it("tl.random_token gives another text each time", function()
  local seen = {}
  for _ = 1, 1000 do
    local token = tl.random_token()
    assert.matches("^[a-z2-7]+$", token)
    assert.is_true(#token >= 26)
    assert.is_nil(seen[token])
    seen[token] = true
  end
end)

-- holds: error.value, error.is_error
it("an error of the host is a table that tells what happened", function()
  local tab = kit.open()
  kit.background(tab, function(self)
    local ok, err = pcall(function() self.n = 1 end)
    assert(not ok)
    assert.equal("table", type(err))
    assert.equal("ImmutableStateError", err.name)
    assert.matches("Job.n", err.message)
    assert.matches("contract_spec.lua:%d+", err.traceback)
    assert.matches("^ImmutableStateError: ", tostring(err))
    assert.is_true(tl.is_error(err, "ImmutableStateError"))
    assert.is_false(tl.is_error(err, "DeadlockError"))
    for _, other in ipairs { "ImmutableStateError: text", 5, {} } do assert.is_false(tl.is_error(other, "ImmutableStateError")) end
  end)
  assert.same({}, tab:errors())
end)

describe("a page", function()
  -- holds: element.once
  it("the function of a page runs once", function()
    local tab, other = t.open(APP), t.open(APP)
    tab:click "Add"
    tab:go "/"
    assert.same({ 1, 0 }, { tab:state "Kinds".n, other:state "Kinds".n })
    assert.equal(1, probe.pages)
  end)

  -- holds: element.component
  it("a component is a function that returns elements", function()
    local tab = t.open(APP)
    tab:click "Add"
    assert.equal("n is 1", tab:text "p")
  end)

  -- holds: testing.target.selector
  it("a target may be a class", function() assert.equal("n is 0", t.open(APP):text ".labelled") end)
end)

local function text_of(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

describe("the host", function()
  -- holds: host.config.defaults
  it("the limits are, unless set, what docs/configuration.md says", function()
    local units = { KiB = 1024, MiB = 1024 * 1024, s = 1, [""] = 1 }
    local told, count = text_of "docs/configuration.md", 0
    for name, value in text_of "host/runtime/config.c":gmatch '{"([%w_]+)", %u+, offsetof%b(), ([^,]+),' do
      local shown, unit = told:match("\n| `" .. name .. "` | (%S+) ?(%a*) |")
      local n = ({ ["true"] = 1, ["false"] = 0 })[shown] or tonumber(shown) * units[unit]
      assert.equal(load("return " .. value)(), n, name)
      count = count + 1
    end
    assert.is_true(count >= 15)
  end)

  -- holds: host.path
  it("package.path begins with the folder of the newest app, once", function()
    for _, app in ipairs { "app/form", "app/filter", "app/form" } do
      t.open(app .. "/main.lua", "/")
      local prefix = ("%s/?.lua;%s/?/init.lua;"):format(app, app)
      assert.equal(prefix, package.path:sub(1, #prefix))
      local rest = package.path:sub(#prefix + 1)
      assert.is_nil(rest:find("app/form/", 1, true) or rest:find("app/filter/", 1, true))
      t.finish()
      t.begin()
    end
  end)

  -- holds: host.global.libraries
  it("libraries read globals that are not there as nil", function()
    t.open(APP)
    assert.is_nil(library.find())
    assert.is_nil(probe.read_through_G())
  end)

  -- holds: host.config.none
  it("a limit of 0 is none", function()
    local tab = kit.open { config = { tab_ttl = 0, state_limit = 0 } }
    kit.handle(tab, function(self)
      self._log = { ("x"):rep(70 * 1024 * 1024) } -- state_limit is 64 MiB unless set
      self.n = 1
    end)
    assert.same({}, tab:errors())
    tab:disconnect()
    t.advance(1e6)
    tab:reconnect()
    kit.handle(tab, function(self) self.a = self.n + 1 end)
    assert.equal(2, tab:state "Job".a)
  end)
end)
