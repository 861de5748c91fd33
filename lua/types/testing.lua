---@meta tidelock.testing
-- Types of `require "tidelock.testing"` for editors (LuaCATS), and their part of docs/api.md. No code: nothing here is run.

---@class tl.Testing
local t = {}

--# Testing

---Opens a page in a new tab and waits until the host has nothing more to do at this instant. Each `it` loads its app anew; all
---tabs of one `it` are tabs of the same app.
---@param file string the app's main.lua, from the current folder
---@param path string|nil the page; "/"
---@param opts { storage: { cookie: table|nil, local: table|nil, session: table|nil }|nil, browser: string|nil }|nil storage: put into the
---browser before, values by the names under which they are kept; browser: which one, by a name of yours: each has a session and a storage of its own
---@return tl.Tab tab
function t.open(file, path, opts) end

---Moves the virtual time; timers due at exactly that time are included.
---@param seconds number
function t.advance(seconds) end

---Runs what is ready, without moving the time.
function t.settle() end

---Moves the virtual time, from one thing that happens to the next, until fn gives something; gives that. When nothing is left to
---happen, or the limit has passed, it raises, and tells what the tasks wait for.
---@param fn fun(): any
---@param opts { limit: number|nil }|nil limit: virtual seconds; an hour
---@return any
function t.run_until(fn, opts) end

---What a stub answers.
---@class tl.StubAnswer
---@field status integer|nil 200
---@field headers table<string, string>|nil
---@field body string|nil one of body, json and chunks
---@field json any
---@field chunks (string|number)[]|nil the pieces of the body, and the seconds between them
---@field delay number|nil virtual seconds until it begins
---@field error string|nil it ends in an error of this code: "connect" "dns" "timeout" "tls" "protocol" "redirects"

---What stands for a server. Its answers are its own fields, or those of a list of answers and functions, in turn.
---@class tl.StubOptions: tl.StubAnswer
---@field url string|nil url or pattern: with any query, unless it has one itself
---@field pattern string|nil a Lua pattern, looked for in the url
---@field method string|nil any
---@field [integer] tl.StubAnswer|fun(request: tl.StubbedRequest): tl.StubAnswer

---A request that was made to a stub; headers has its names in lower case, at is by `tl.now()`.
---@class tl.StubbedRequest
---@field method string
---@field url string
---@field query table<string, string|string[]>
---@field headers table<string, string>
---@field body string|nil
---@field at number
---@field json fun(self: tl.StubbedRequest): any

---Answers requests of `tl.http`, without a network and on virtual time, until the `it` ends. While there is a stub, a request that
---none answers fails the spec.
---@param stub tl.StubOptions
---@return { requests: tl.StubbedRequest[] } stub
function t.http_stub(stub) end

---Ends the host in order, as a signal does, and starts a fresh one with the same main.lua. The pages that were connected come back
---with the tokens of the old one, get a fresh state, and send what was not done.
---@param meanwhile fun()|nil called while no host is there
function t.restart(meanwhile) end

---Takes ready tasks in an order drawn from a seed. `tidelock test --schedules N` does it for every spec.
---@param n integer 0: in the order in which they became ready
function t.seed(n) end

---The lost updates so far: a task read a value outside of its block, somebody else changed it, and the task's block wrote over it
---without having read it again. Under `--schedules` an `it` that has some and does not ask fails.
---@return { path: string, task: string, read: string, write: string }[]
function t.lost_updates() end

---What the host has logged since this `it` began.
---@return string
function t.log() end

--# A driven page

---A page under test. A target is the visible text of a button, link or label, the aria-label of one or of a control, or a CSS
---selector; `{ nth = 2 }` and `{ within = "li:3" }` say which of several.
---@class tl.Tab
local Tab = {}

---@alias tl.Which { nth: integer|nil, within: string|nil }

---Clicks a button, a link, a label, or any element with a trigger.
---@param target string
---@param opts tl.Which|nil
function Tab:click(target, opts) end

---Types into a control, or chooses: its `on_input` fires.
---@param target string
---@param v string|number|boolean|string[]
---@param opts tl.Which|nil
function Tab:input(target, v, opts) end

---Types into a control, or chooses, and leaves it: `on_input` and `on_change` fire.
---@param target string
---@param v string|number|boolean|string[]
---@param opts tl.Which|nil
function Tab:change(target, v, opts) end

---Submits a form.
---@param target string the form, or anything in it
---@param fields table<string, any>|nil put into the named fields before
---@param opts tl.Which|nil
function Tab:submit(target, fields, opts) end

---Any other event.
---@param target string
---@param name string the DOM event's name
---@param key string|nil what `keydown`, `keyup` and `keypress` bring
---@param opts tl.Which|nil
function Tab:fire(target, name, key, opts) end

---Moves to another page of the app, as a link does.
---@param path string
---@param opts { replace: boolean }|nil
function Tab:go(path, opts) end

---The visible text, white space collapsed.
---@param target string|nil nil: of the whole page
---@param opts tl.Which|nil
---@return string
function Tab:text(target, opts) end

---What a control holds, as its event would bring it.
---@param target string
---@param opts tl.Which|nil
---@return any
function Tab:value(target, opts) end

---An attribute as the page has it.
---@param target string
---@param name string
---@param opts tl.Which|nil
---@return string|boolean|nil
function Tab:attr(target, name, opts) end

---How many elements a target names, hidden ones included.
---@param target string
---@param opts tl.Which|nil
---@return integer
function Tab:count(target, opts) end

---Whether a target names an element, hidden ones included.
---@param target string
---@param opts tl.Which|nil
---@return boolean
function Tab:exists(target, opts) end

---The page's title.
---@return string
function Tab:title() end

---The public state as plain tables.
---@param name string|nil nil: all states, by name
---@return table
function Tab:state(name) end

---One entry for each commit that changed something public.
---@return { version: integer, patch: table }[]
function Tab:deltas() end

---The effects so far, in order: `{ "toast", "Saved", {} }`. What vars with `in_client` write is in `tab:storage`.
---@return table[]
function Tab:effects() end

---The errors that the page was told of.
---@return table[]
function Tab:errors() end

---What the browser keeps, by the names under which it does: for "local" and "cookie" of all tabs, for "session" of this one.
---@param kind "local"|"cookie"|"session"
---@return table<string, any>
function Tab:storage(kind) end

---The code with which the host closed the connection.
---@return integer|nil code nil: it did not
function Tab:closed() end

---Registers a function as the page's script would, for `tl.call`.
---@param name string
---@param fn function
function Tab:register(name, fn) end

---The connection breaks off; the page stays.
function Tab:disconnect() end

---The page connects again, with its token and version.
function Tab:reconnect() end

---Holds up what the page says, what the host says, or both; neither is told. What is held up arrives with `tab:flow()`, and
---is lost when the connection breaks off meanwhile.
---@param way "page"|"host"|nil nil: both
function Tab:stall(way) end

---What `tab:stall()` held up arrives.
function Tab:flow() end

---The next message of one side is lost, though the connection stays. A page that misses one of the host's asks for the whole state.
---@param way "page"|"host" who says it
---@param n integer|nil how many; 1
function Tab:lose(way, n) end

---The next message of one side arrives twice.
---@param way "page"|"host" who says it
---@param n integer|nil how many; 1
function Tab:double(way, n) end

---Another browser tab with the same page and token, as when a tab is duplicated.
---@return tl.Tab
function Tab:duplicate() end

---The page is closed by its user.
function Tab:close() end

return t
