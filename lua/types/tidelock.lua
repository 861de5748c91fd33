---@meta tidelock
-- Types of `require "tidelock"` for editors (LuaCATS), and the text of docs/api.md, which script/gen_api.js makes of it.
-- No code: nothing here is run. "--# Title" begins a section of the reference.

---@class tl
local tl = {}

--# Declaring

---Declares a state, of which every browser tab has one instance. States are declared while main.lua loads. Assign functions to
---the class to declare handlers (`function Job:add(n)`), `tl.computed` and `tl.background` values for the others. In a page
---`Job.counter` is a Var, `Job.add` an event reference.
---@param name string an identifier, unique in the app
---@param fields table<string|integer, any> the vars and their defaults, names with `_` never leave the host; mixins without a name
---@param opts { extends: tl.Class, mixins: any[] }|nil extends: the state whose vars, computed vars and functions it has as well
---@return tl.Class class
function tl.state(name, fields, opts) end

---Vars, computed vars and functions that several states have, each its own: `tl.state("Job", { Pager, title = "" })`. Functions
---can be assigned to it as to a state, until a state uses it.
---@param items table<string|integer, any> vars as in `tl.state`, functions, `tl.computed` and `tl.background` values; other mixins without a name
---@return any mixin
function tl.mixin(items) end

---Declares a var with more than a default, among the fields of `tl.state`. Without a default it starts as nil.
---With `in_client` the browser keeps it: in a cookie, in its local storage, or in the session storage of one tab; it then has
---the type of its default unless `type` says another.
---@param opts { default: any, type: "integer"|"number"|"string"|"boolean"|"list"|"map"|nil, in_client: "cookie"|"local"|"session"|nil, name: string|nil, sync: boolean|nil, max_age: integer|false|nil, path: string|nil, same_site: "lax"|"strict"|"none"|nil, secure: boolean|nil }|nil
---name: of the entry, "State.var" unless given; sync: of the local storage: the browser's other tabs follow; max_age (seconds; a
---year; false: until the browser is closed), path ("/"), same_site ("lax"), secure (where the page came by https): of a cookie
---@return any declaration
function tl.var(opts) end

---A var that is derived from others. What it reads is traced; it is computed anew when that has changed, and read like any var.
---It can neither wait nor write.
---@param fn fun(self: tl.State): any
---@param opts { backend: boolean, interval: number, cache: boolean }|nil backend: it never leaves the host; interval: the seconds after which a value is too old, although nothing that it read has changed; cache=false: each commit, and each read in a block, makes it anew
---@return any declaration
function tl.computed(fn, opts) end

---A handler that runs beside the others: it has no lock until it enters one by `tl.with_state`. It is started by
---`return Job.work`, `coroutine.yield(Job.work)`, a page's trigger or `on_load`, never called.
---@param fn fun(self: tl.State, ...): any
---@param opts { policy: "parallel"|"drop"|"restart"|"queue"|nil, key: (fun(self: tl.State, ...): string|number|boolean)|nil, timeout: number|nil, on_disconnect: "keep"|"cancel"|{ grace: number }|nil }|nil policy: what becomes of a trigger while a task of this handler runs in the tab; key: tasks with different keys do not count for one another; timeout: seconds that a task may take; on_disconnect: what becomes of it when its page has gone
---@return any declaration
function tl.background(fn, opts) end

---Lets clients send these events although no page offers them.
---@param ... tl.Event
function tl.expose(...) end

---Sets options of the host: numbers are seconds or bytes (0: none), the others booleans. See docs/configuration.md.
---@param options table<string, number|boolean>
function tl.config(options) end

--# Values

---The JSON null inside a list or map. Assigned to a var it is nil.
---@type lightuserdata
tl.null = nil

---Marks a table as a list, also when it is empty.
---@param t table
---@return table t a new table
function tl.list(t) end

---Marks a table as a map, also when it is empty.
---@param t table
---@return table t a new table
function tl.map(t) end

---What a value is in a state.
---@param v any
---@return "list"|"map"|nil kind nil: neither
function tl.kind(v) end

---A plain Lua table with what a list or map of a state holds, all the way down. Other values are returned as they are.
---@param v any
---@return any copy
function tl.copy(v) end

---A text in lower case, by Unicode; `string.lower` knows only ASCII. In a page it is `v:lower()`.
---@param text string
---@return string
function tl.lower(text) end

---A text in upper case, by Unicode.
---@param text string
---@return string
function tl.upper(text) end

---Lets a text of a state grow at its end; the cost is that of the piece, and the page is sent the piece.
---@param t tl.State|tl.List|tl.Map where the text is
---@param key string|integer its name or position there
---@param piece string|number
function tl.append(t, key, piece) end

--# The lock

---Waits for the tab's exclusive lock, refreshes `self`, runs `fn(self, ...)`, commits, sends what changed, and gives the lock
---back. When `fn` raises, nothing of the block is kept or sent, and the error goes on.
---@generic R
---@param self tl.State|tl.Map a state, or a map in it that is reached by keys
---@param fn fun(self: any, ...): R...
---@param ... any
---@return R... results those of `fn`
function tl.with_state(self, fn, ...) end

---The same for the rest of the enclosing Lua block: `local _ <close> = tl.lock(self)`. Leaving it by an error rolls back.
---@param self tl.State|tl.Map
---@return any guard
function tl.lock(self) end

---The same from any task, for the tab that has this token. Raises UnknownTokenError when there is none.
---@generic R
---@param token string as `self:get_token()` gives it
---@param class tl.Class
---@param fn fun(state: tl.State, ...): R...
---@param ... any
---@return R... results
function tl.modify_state(token, class, fn, ...) end

--# Tasks and time

---Waits for at least so many seconds. Where other tasks are due soon after, it may take up to a thirty-second part longer, at most
---4 ms, so that they wake together; not in specs. `tl.sleep(0)` gives the others a turn.
---@param seconds number
function tl.sleep(seconds) end

---Runs `fn(...)` and raises TimeoutError in it when it waits for longer.
---@generic R
---@param seconds number
---@param fn fun(...): R...
---@param ... any
---@return R... results
function tl.timeout(seconds, fn, ...) end

---Runs a function of a module in a thread, in a Lua state of its own; waits for what it returns. Raises WorkError.
---@param module string for `require`
---@param name string of the function in the table that the module gives
---@param ... any plain values, copied
---@return any ... plain values, copied
function tl.work(module, name, ...) end

---Runs functions side by side. The first error cancels the others and is raised when they have ended.
---@param ... fun(): any
---@return any ... results the first result of each, in order
function tl.gather(...) end

---Runs functions side by side until the first has ended. The others are cancelled, and have ended when it returns. An error of
---the first is raised.
---@param ... fun(): any
---@return integer index which of them it was
---@return any ... results its own
function tl.race(...) end

---Tasks that have ended when the block is left: `local scope <close> = tl.scope()`.
---@return tl.Scope scope
function tl.scope() end

---So many at a time.
---@param n integer places, from 1
---@return tl.Semaphore semaphore
function tl.semaphore(n) end

---Values from tasks to tasks, in the order in which they are sent.
---@param capacity integer|nil values that it holds while nobody receives; 0 unless given: a sender waits for a receiver
---@return tl.Channel channel
function tl.channel(capacity) end

---Something that has happened, or not yet; tasks can wait for it.
---@return tl.Signal event
function tl.event() end

---Calls `fn` each so many seconds, the first time after that time, until it returns false. Beats do not drift; one that comes
---while `fn` still runs is skipped.
---@param seconds number above 0
---@param fn fun(n: integer): any `n` counts the beats, those that were skipped too
function tl.every(seconds, fn) end

---Calls `fn(...)`, and when it raises again after a pause. Raises its last error, and a CancelledError at once. Options: `times`
---(3), `delay`, the first pause (0.2 s), `factor`, by which each pause is longer than the one before (2), `max`, the longest (30 s),
---`jitter`, half of each pause is left to chance (true), `when(err, attempt)`, whether to go on.
---@generic R
---@param opts { times: integer|nil, delay: number|nil, factor: number|nil, max: number|nil, jitter: boolean|nil, when: nil|fun(err: any, attempt: integer): any }|integer a number: `times`
---@param fn fun(...): R...
---@param ... any
---@return R... results those of `fn`
function tl.retry(opts, fn, ...) end

---Runs `fn` however the enclosing block is left: `local _ <close> = tl.defer(fn)`. In it a cancel does not count, for
---`cleanup_time`: it may wait and enter a block.
---@param fn fun()
---@return any guard
function tl.defer(fn) end

---Starts a task that belongs to no tab.
---@param fn fun(...): any
---@param ... any
---@return tl.Task task
function tl.spawn(fn, ...) end

---Declares a function that runs as a task of no tab, and of no list, from when the host serves until it shuts down: then it is
---cancelled, after all other tasks have ended, and awaited.
---@param fn fun()
function tl.lifespan(fn) end

---All tasks that run.
---@return tl.Task[] tasks
function tl.tasks() end

---The tasks that run, as a live set: `#tl.background_tasks`, `for task in pairs(tl.background_tasks)`.
---@type table<tl.Task, boolean>
tl.background_tasks = nil

---For pages: a Var, the list of the background tasks of the tab, oldest first. Each is a map: `id`, `name` ("Job.work"), `key`,
---`status` as `tl.Task` has it, `started` in the time of `tl.now`; `progress` (0 to 1) and `text`, once the task has told them;
---`queued` (true) while it waits for its turn, `cancelling` (true) once it was cancelled.
---@type tl.Var
tl.my_tasks = nil

---The task that calls; nil: none.
---@return tl.Task|nil task
function tl.current_task() end

---Cancels the running tasks of one background handler in this tab; with arguments bound, `Job.work(5)`, those that were started
---with these first arguments; with a key, those that have it.
---@param self tl.State
---@param event tl.Event
---@param key string|number|boolean|nil what the `key` function of `tl.background` gave
function tl.cancel(self, event, key) end

---Seconds that only go forward. In specs they are virtual.
---@return number seconds
function tl.now() end

---Seconds since 1970.
---@return number seconds
function tl.time() end

---26 characters with 128 random bits.
---@return string token
function tl.random_token() end

--# Errors

---Whether an error has this name: `tl.is_error(e, "TimeoutError")`. Errors have `name`, `message` and `traceback`.
---@param e any
---@param name string|nil nil: any error of the host
---@return boolean
function tl.is_error(e, name) end

---What the page is to do when a handler, a task or a computed var fails. `name` is that of what failed, `ref` the reference
---that stands in the log.
---@param fn fun(e: any, name: string, ref: string): any may return an effect, an event, or a list of these; it cannot wait, nor write
function tl.on_error(fn) end

--# Client effects

---Shows a message that leaves by itself. Effects are returned or yielded by handlers and tasks, or stand in a trigger.
---@param message string|number|tl.Var
---@param opts { kind: "info"|"success"|"warning"|"error", duration: number }|nil duration: seconds
---@return tl.Effect effect
function tl.toast(message, opts) end

---Shows a message that has to be dismissed.
---@param message string|number|tl.Var
---@return tl.Effect effect
function tl.alert(message) end

---Moves the page to another one.
---@param path string|tl.Var of this app; with `external` any address
---@param opts { replace: boolean, external: boolean }|nil replace: leave no entry in the history
---@return tl.Effect effect
function tl.redirect(path, opts) end

---Loads the page anew. The tab and its state stay.
---@return tl.Effect effect
function tl.reload() end

---Goes back in the history.
---@return tl.Effect effect
function tl.back() end

---Sets a form control's value in the page, without an event.
---@param id string
---@param value any
---@return tl.Effect effect
function tl.set_value(id, value) end

---Moves the focus to an element.
---@param id string
---@return tl.Effect effect
function tl.focus(id) end

---Scrolls so that an element is at the top of the window.
---@param id string
---@return tl.Effect effect
function tl.scroll_to(id) end

---Lets the browser save a file: one of `text` (its content), `path` (of this app) and `url` (of another server).
---@param what { text: string|nil, path: string|nil, url: string|nil, name: string|nil, type: string|nil }
---@return tl.Effect effect
function tl.download(what) end

---Puts a text on the clipboard.
---@param text string|number|tl.Var
---@return tl.Effect effect
function tl.set_clipboard(text) end

---Removes a cookie that the page's script could read.
---@param name string
---@return tl.Effect effect
function tl.remove_cookie(name) end

---Empties the browser's local storage for this app.
---@return tl.Effect effect
function tl.clear_local_storage() end

---Calls a function that the app's own script registered with `tidelock.register(name, fn)`.
---@param name string
---@param ... any plain values; an event reference at the end gets what the function returns
---@return tl.Effect effect
function tl.call(name, ...) end

---Writes to the browser's console.
---@param ... any
---@return tl.Effect effect
function tl.console_log(...) end

--# Pages

---Declares a page. The function runs once; what depends on the state is written with Vars.
---@param route string "/", "/post/[id]", or "404"
---@param opts { title: string|tl.Var, on_load: any, style: boolean }|nil may be left out
---@param fn fun(): tl.Node
---@overload fun(route: string, fn: fun(): tl.Node)
function tl.page(route, opts, fn) end

---Adds to the head of every page: `ui.meta`, `ui.link`, `ui.base`; `script = "/app.js"` (or a list), `lang = "de"`.
---@param content table
function tl.head(content) end

---Serves the files of a folder under `/`.
---@param dir string from the folder of main.lua
function tl.assets(dir) end

---A trigger with options.
---@param what tl.Event|tl.Effect|table|function what an `on_*` may hold
---@param opts { debounce: number, throttle: number, prevent_default: boolean, stop_propagation: boolean, temporal: boolean, key: string } times in seconds; temporal: dropped while there is no connection
---@return any trigger
function tl.on(what, opts) end

---Makes elements: `ui.<tag>{ attributes and on_* triggers, children }`, `ui.p "text"`.
---@class tl.ui
---@field [string] fun(content: table|string|number|tl.Var): tl.Node
tl.ui = {}

---`a` while the Var is true, else `b`. Only false and nil are false.
---@param v tl.Var
---@param a any
---@param b any nil: nothing
---@return tl.Var
function tl.ui.cond(v, a, b) end

---The case whose key equals the Var, else `default`.
---@param v tl.Var
---@param cases table<string|number|boolean, any>
---@param default any nil: nothing
---@return tl.Var
function tl.ui.match(v, cases, default) end

---What `fn(item, position)` returns, for each element of a list, or `fn(value, key)` of a map. `fn` runs once, with Vars.
---@param v tl.Var
---@param fn fun(item: tl.Var, position: tl.Var): any
---@param opts { key: string }|nil key: the field that tells elements apart
---@return tl.Node
function tl.ui.foreach(v, fn, opts) end

---A control's value that goes both ways: `ui.input { value = ui.bind(Job.name) }`. It offers the setter of that var.
---@param v tl.Var
---@return any binding
function tl.ui.bind(v) end

--# HTTP and JSON

---@class tl.http
tl.http = {}

---Makes a request and waits for its answer. A url that begins with `/` is this app's own.
---@param opts { url: string, method: string|nil, headers: table<string, string>|nil, query: table|nil, body: string|nil, json: any, form: table|nil, timeout: number|nil, max_size: integer|nil, follow: integer|nil, on_chunk: nil|fun(text: string) }
---@return { status: integer, headers: table<string, string>, body: string }|nil answer it has a method `:json()`
---@return string|nil message why there is none
---@return string|nil code "timeout", "dns", ...
function tl.http.request(opts) end

---The same with GET.
---@param url string
---@param opts table|nil as for `request`
---@return table|nil answer
---@return string|nil message
---@return string|nil code
function tl.http.get(url, opts) end

---@class tl.kit
tl.kit = {}

---The background tasks of the tab, ready to look at: of each its name, a bar, its text, for how long it runs, and a Cancel, which
---asks for no handler of yours. `names`: what a task is called on the page; `label`: what the list is called for those who do not
---see it ("Tasks"); `empty`: what stands there without a task ("Nothing is running."); `cancel`: false leaves the buttons out.
---@param opts { names: table<string, string>|nil, label: string|nil, empty: string|nil, cancel: boolean|nil }|nil
---@return tl.Node
function tl.kit.tasks(opts) end

---@class tl.debug
tl.debug = {}

---What runs, waits and stands in line: handlers, tasks, the functions of a gather, lifespans. `since` is in the time of `tl.now`;
---`where` is the line of the app; `waits_for` the id of the task that must end, or give up its lock, first.
---@return { id: integer, name: string, kind: "handler"|"background"|"spawned"|"child"|"lifespan", status: string, since: number, token: string|nil, where: string|nil, waits_for: integer|nil, holds_lock: boolean }[] tasks
function tl.debug.tasks() end

---The locks that are held: by whom, since when, taken where, and who stands in the line. Holder and waiting are as in `tl.debug.tasks`.
---@return { token: string, since: number, where: string, holder: table, waiting: table[] }[] locks
function tl.debug.locks() end

---@class tl.json
tl.json = {}

---JSON of a value: plain tables, lists and maps of a state. Raises JsonError.
---@param v any
---@return string text
function tl.json.encode(v) end

---The value of a JSON text; null is `tl.null`. Raises JsonError.
---@param text string
---@return any v
function tl.json.decode(text) end

--# What handlers get

---An instance of a state: `self` in handlers, tasks and computed vars. Its vars are fields.
---@class tl.State
---@field router { path: string, params: table<string, string>, query: table<string, string>, headers: table<string, string>, client_ip: string, token: string, session_id: string }
---@field [string] any
local State = {}

---Another state of the same tab, under the same lock.
---@param class tl.Class|string
---@return tl.State
function State:get_state(class) end

---Puts fresh defaults into all vars that this state declares; those of the state that it extends stay.
function State:reset() end

---The tab's token, for `tl.modify_state`.
---@return string token
function State:get_token() end

---As `tl.with_state(self, fn, ...)`.
---@param fn fun(self: any, ...): any
---@param ... any
---@return any ...
function State:with_state(fn, ...) end

---This tab's tasks.
---@param event tl.Event|nil only of this background handler; with arguments bound, only those that were started with these first
---@return tl.Task[]
function State:tasks(event) end

---What `tl.state` returns. Vars are read from it as Vars, handlers as event references.
---@class tl.Class
---@field [string] any
local Class = {}

---A handler that assigns its argument to a var, with the conversion of its declared type.
---@param name string
---@return tl.Event
function Class:setter(name) end

---A task.
---@class tl.Task
---@field id integer
---@field name string "Job.work"
---@field args table
---@field key string|number|boolean|nil what the `key` function of `tl.background` gave
---@field token string|nil of its tab
---@field status "running"|"waiting_lock"|"sleeping"|"waiting"|"done"|"failed"|"cancelled"
---@field started_at number in the time of `tl.now`
local Task = {}

---Raises CancelledError where the task waits.
---@param reason string|nil
function Task:cancel(reason) end

---Waits for the task's end.
---@return any ... results its own; its error is raised again
function Task:await() end

---Tells the tab's page how far the task is: `tl.my_tasks` shows it. Inside and outside of blocks, as often as wanted.
---@param x number|nil from 0 to 1; nil, with a text: nobody knows
---@param text string|nil what it does just now, 200 bytes at most; nil: what was told last stays
function Task:progress(x, text) end

---What `tl.scope()` gives. When the block is left its tasks are waited for; when it is left by an error they are cancelled first.
---An error of a task cancels the others and is raised in the owner: where it waits, or at the end of the block.
---@class tl.Scope
local Scope = {}

---Starts a task, which has the owner's tab but not its lock.
---@param fn fun(...): any
---@param ... any
---@return tl.Task task
function Scope:spawn(fn, ...) end

---Waits for the tasks that are there.
function Scope:wait() end

---Cancels them, and those that are started later.
---@param reason string|nil
function Scope:cancel(reason) end

---@class tl.Semaphore
local Semaphore = {}

---Waits for a place; first come, first served.
function Semaphore:acquire() end

---Gives a place back. Raises when all are free.
function Semaphore:release() end

---Takes a place if one is free.
---@return boolean taken
function Semaphore:try() end

---Waits for a place and keeps it for the rest of the enclosing block: `local _ <close> = semaphore:enter()`.
---@return any guard
function Semaphore:enter() end

---@class tl.Channel
local Channel = {}

---Hands a value over, by reference; waits for a receiver, or for room. Raises ClosedError when the channel is closed.
---@param value any not nil
function Channel:send(value) end

---The same without a wait.
---@param value any not nil
---@return boolean sent
function Channel:try_send(value) end

---Waits for a value. At the end of a closed channel: nil and "closed".
---@return any value
---@return string|nil closed
function Channel:receive() end

---The same without a wait; nil: there is none.
---@return any value
---@return string|nil closed
function Channel:try_receive() end

---All values until the channel is closed: `for value in channel:each() do`.
---@return fun(): any
function Channel:each() end

---Nothing more is sent; what is in it can be received still.
function Channel:close() end

---What `tl.event()` gives.
---@class tl.Signal
local Signal = {}

---Waits until it is set.
---@param seconds number|nil at most so long
---@return any value what it was set with last; nil: the time is over
function Signal:wait(seconds) end

---It has happened: all who wait go on.
---@param value any true unless given
function Signal:set(value) end

---It has not happened, again.
function Signal:clear() end

---@return boolean
function Signal:is_set() end

---A list of a state. `#`, `[i]`, `ipairs`, `pairs` and the functions of `table` know it.
---@class tl.List
---@field [integer] any
local List = {}

---Appends.
---@param ... any
function List:push(...) end

---As `table.insert`.
---@param ... any position (may be left out), value
function List:insert(...) end

---As `table.remove`.
---@param position integer|nil
---@return any removed
function List:remove(position) end

---As `table.sort`. Elements keep their proxies.
---@param less nil|fun(a: any, b: any): boolean
function List:sort(less) end

---Removes all.
function List:clear() end

---A map of a state, with string keys. `#` counts them.
---@class tl.Map
---@field [string] any

---A value of a page that is known only when it is shown. `+ - * / // % ..`, `#`, `~a` (not), `a & b`, `a | b`, and
---`v:name(...)` with `eq ne lt le gt ge contains length upper lower trim join format at default`.
---@class tl.Var
---@field [any] tl.Var
---@operator call(any): any

---An event: `Job.add`, or bound to arguments: `Job.add(5)`.
---@class tl.Event
---@operator call(any): tl.Event

---@class tl.Effect
---@class tl.Node

return tl
