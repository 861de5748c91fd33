-- kit_spec.lua: tl.kit: what the ready-made components show and do.
local tl, t = require "tidelock", require "tidelock.testing"

local program = {}
package.loaded.kit_program = program

local tab

local function start(handler, fn)
  local name = "f" .. #tl.tasks()
  program[name] = fn
  tab:send_event("Job." .. handler, { name })
  t.settle()
end

local function sleep() tl.sleep(7200) end

before_each(function() tab = t.open("spec/lua/apps/kit.lua", "/") end)

describe("tl.kit.tasks", function()
  -- holds: element.kit, kit.tasks
  it("lists the tasks of the tab: name, bar, text, time; and says when there is none", function()
    assert.equal("Nothing is running.", tab:text ".tl-tasks")
    start("work", function()
      tl.current_task():progress(0.25, "reading")
      sleep()
    end)
    start("queue", sleep)
    assert.is_false(tab:exists ".tl-tasks p")
    assert.equal("Work", tab:text "li:1 strong")
    assert.equal("Job.queue f1", tab:text "li:2 strong")
    assert.equal("0.25", tab:attr("li:1 progress", "value"))
    assert.equal("Work", tab:attr("li:1 progress", "aria-label"))
    assert.equal("reading", tab:attr("li:1 progress", "aria-valuetext"))
    assert.is_nil(tab:attr("li:2 progress", "value"))
    assert.equal("reading", tab:text "li:1 .help")
    assert.equal("", tab:text "li:2 .help")
    assert.equal("Cancel Work", tab:attr("li:1 button", "aria-label"))
    assert.equal("Tasks", tab:attr("ul", "aria-label"))
  end)

  -- holds: my_tasks.elapsed
  it("counts the time on without messages, in minutes and hours", function()
    start("work", sleep)
    local messages, shown = #tab:deltas(), {}
    for i, seconds in ipairs { 0, 7, 53, 3539, 1, 125 } do
      t.advance(seconds)
      shown[i] = tab:text "time"
    end
    assert.same({ "0:00", "0:07", "1:00", "59:59", "1:00:00", "1:02:05" }, shown)
    assert.equal(messages, #tab:deltas())
  end)

  -- holds: kit.tasks.cancel, my_tasks.cancel
  it("cancels a task by its button, and no task of another tab", function()
    local other = t.open("spec/lua/apps/kit.lua", "/")
    start("work", sleep)
    start("work", sleep)
    local first, second = table.unpack(tab:state "tl".my_tasks)
    other:send_event("tl.cancel", { first.id })
    t.settle()
    assert.equal(2, tab:count "li")
    tab:click("Cancel", { within = "li:1" })
    assert.equal(1, tab:count "li")
    assert.equal(second.id, tab:state "tl".my_tasks[1].id)
    tab:send_event("tl.cancel", { first.id })
    t.settle()
    assert.equal(1, tab:count "li")
    assert.same({}, tab:errors())
    assert.same({}, other:errors())
    for _, id in ipairs { "1", 1.5, {}, true } do tab:send_event("tl.cancel", { id }) end
    tab:send_event("tl.cancel", {})
    t.settle()
    assert.equal(5, #tab:errors())
    assert.equal(1, tab:count "li")
  end)

  it("says what waits for its turn, and what cleans up, which cannot be cancelled again", function()
    program.same = sleep
    for _ = 1, 2 do tab:send_event("Job.queue", { "same" }) end
    start("work", function()
      local _ <close> = tl.defer(function() tl.sleep(1) end)
      sleep()
    end)
    assert.equal("Waiting for its turn", tab:text "li:2 .help")
    assert.equal("0", tab:attr("li:2 progress", "value"))
    tab:click("Cancel", { within = "li:2" })
    tab:click("Cancel", { within = "li:2" })
    assert.equal("Stopping", tab:text "li:2 .help")
    assert.is_true(tab:exists "li:2 button[disabled]")
    t.advance(1)
    assert.equal(1, tab:count "li")
  end)

  it("is in words of the author's, and without the buttons where they are not wanted", function()
    local watching = t.open("spec/lua/apps/kit.lua", "/watch")
    assert.equal("None.", watching:text ".tl-tasks")
    watching:send_event("Job.work", { "f" })
    program.f = sleep
    t.settle()
    assert.equal("Job.work", watching:text "strong")
    assert.equal("Jobs", watching:attr("ul", "aria-label"))
    assert.is_false(watching:exists "button")
  end)
end)
