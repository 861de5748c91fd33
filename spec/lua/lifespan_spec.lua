-- lifespan_spec.lua: tl.lifespan (contract, section 4). The host's own end is in spec/wire/shutdown.test.js.
local tl, t = require "tidelock", require "tidelock.testing"

local log = {}
package.loaded.lifespan_log = log
local before = {}

describe("tl.lifespan", function()
  -- holds: lifespan.runs
  it("runs while the app does, in no list of tasks", function()
    local tab = t.open("spec/lua/apps/lifespan.lua", "/")
    t.settle()
    assert.same({ "opened" }, log)
    assert.same({}, tl.tasks())
    assert.equal(0, #tl.background_tasks)
    t.advance(20)
    assert.same({ "opened", "beat", "beat" }, log)
    assert.same({}, tab:errors())
    tab:click "Go"
    assert.equal(1, #tl.tasks())
    before = log
  end)

  -- holds: lifespan.shutdown
  it("is cancelled when all tasks have ended, and awaited", function()
    table.sort(before, function(a, b) return a < b end)
    assert.same({ "beat", "beat", "child closed", "closed", "opened", "work ended" }, before)
  end)

  it("is declared while main.lua loads, and takes a function", function()
    local ok, err = pcall(tl.lifespan, 5)
    assert.is_false(ok)
    assert.matches("TypeError: tl.lifespan%(fn%): a function is expected, not 5", tostring(err))
    ok, err = pcall(tl.lifespan, print)
    assert.is_false(ok)
    assert.matches("DeclarationError: no app is being loaded", tostring(err))
  end)
end)
