# The same work as bench/programs/*.ts in Elixir: `elixir --erl "+S 1:1" bench.exs BENCH SIZE`, where the size is how many
# milliseconds to measure, or how many actors or crashes. Prints one line of JSON. Modules are compiled before they run, and
# what is measured runs in a process with a heap of its own, large enough not to be collected at each turn.

defmodule Counter do
  use GenServer

  def init({:hibernating, n}), do: {:ok, %{n: n}, :hibernate}
  def init(n), do: {:ok, %{n: n}}

  def start_link(arg, options \\ []), do: GenServer.start_link(__MODULE__, arg, options)

  def handle_call({:add, %{by: by}}, _from, %{n: n}) do
    next = %{n: n + by}
    {:reply, next, next}
  end

  def handle_call(:read, _from, state), do: {:reply, state, state}

  def handle_cast({:add, %{by: by}}, %{n: n}), do: {:noreply, %{n: n + by}}
  def handle_cast(:crash, _state), do: raise("crashed for the bench")
end

defmodule Bench do
  @addition %{by: 1, note: "bench"}
  @calls_per_batch 1_000
  @casts_per_burst 1_000
  @actors_per_round 10_000
  @crashes_per_supervisor 50

  # A map of figures by name.
  def run("actor-call", measure_ms) do
    {:ok, counter} = GenServer.start(Counter, 0)
    never = rate(measure_ms, fn -> call_batch(counter, @calls_per_batch, :infinity) end)
    deadline = rate(measure_ms, fn -> call_batch(counter, @calls_per_batch, 5_000) end)
    %{callsPerSec: never, callsPerSecDeadline: deadline}
  end

  def run("actor-cast", measure_ms) do
    {:ok, counter} = GenServer.start(Counter, 0, spawn_opt: [min_heap_size: 100_000])

    casts =
      rate(measure_ms, fn ->
        cast_burst(counter, @casts_per_burst)
        %{n: _} = GenServer.call(counter, :read)
        @casts_per_burst
      end)

    %{castsPerSec: casts}
  end

  def run("actor-spawn", measure_ms) do
    spawn_rounds(div(measure_ms, 2), {0, 0, 0})
    {spawn_us, stop_us, rounds} = spawn_rounds(measure_ms, {0, 0, 0})
    actors = rounds * @actors_per_round
    %{spawnsPerSec: actors / spawn_us * 1_000_000, stopsPerSec: actors / stop_us * 1_000_000}
  end

  # Hibernating ones have the smallest heap there is; the others are collected once, as if they had been idle for long.
  def run("actor-memory", actors) do
    awake = bytes_per_actor(actors, fn i -> i end)
    hibernating = bytes_per_actor(actors, fn i -> {:hibernating, i} end)
    %{bytesPerActor: min(awake, hibernating), bytesPerActorAwake: awake, bytesPerActorHibernating: hibernating}
  end

  # The first half is to warm up. A supervisor goes through all restarts of its window at each one, so none gets old.
  def run("supervisor-restart", crashes) do
    restart_rounds(crashes, [])
    took = restart_rounds(crashes, []) |> Enum.sort() |> List.to_tuple()
    at = fn share -> elem(took, trunc(tuple_size(took) * share)) / 1_000 end
    %{p50Us: at.(0.5), p99Us: at.(0.99)}
  end

  # A second: first half as long to warm up.
  defp rate(measure_ms, batch) do
    repeated(div(measure_ms, 2), batch)
    repeated(measure_ms, batch)
  end

  defp repeated(for_ms, batch) do
    start = now()
    repeated(start, start + for_ms * 1_000_000, batch, 0)
  end

  defp repeated(start, finish, batch, done) do
    done = done + batch.()
    time = now()
    if time < finish, do: repeated(start, finish, batch, done), else: done / (time - start) * 1_000_000_000
  end

  defp call_batch(_counter, 0, _timeout), do: @calls_per_batch

  defp call_batch(counter, left, timeout) do
    GenServer.call(counter, {:add, @addition}, timeout)
    call_batch(counter, left - 1, timeout)
  end

  defp cast_burst(_counter, 0), do: :ok

  defp cast_burst(counter, left) do
    GenServer.cast(counter, {:add, @addition})
    cast_burst(counter, left - 1)
  end

  defp spawn_rounds(measure_ms, {spawn_us, stop_us, rounds}) when spawn_us + stop_us < measure_ms * 1_000 do
    {spawned_us, actors} = :timer.tc(fn -> spawn_actors(@actors_per_round, []) end)
    {stopped_us, :ok} = :timer.tc(fn -> stop_actors(actors) end)
    spawn_rounds(measure_ms, {spawn_us + spawned_us, stop_us + stopped_us, rounds + 1})
  end

  defp spawn_rounds(_measure_ms, took), do: took

  defp spawn_actors(0, actors), do: actors

  defp spawn_actors(left, actors) do
    {:ok, actor} = GenServer.start(Counter, left)
    spawn_actors(left - 1, [actor | actors])
  end

  defp stop_actors([]), do: :ok

  defp stop_actors([actor | actors]) do
    GenServer.stop(actor)
    stop_actors(actors)
  end

  defp bytes_per_actor(actors, arg) do
    {:ok, supervisor} = DynamicSupervisor.start_link(strategy: :one_for_one)
    start_children(supervisor, 1_000, arg)
    before = used_bytes()
    kept = start_children(supervisor, actors, arg)
    bytes = (used_bytes() - before) / actors
    true = length(kept) == actors
    bytes
  end

  defp start_children(supervisor, count, arg) do
    for i <- 1..count do
      spec = %{id: Counter, start: {Counter, :start_link, [arg.(i)]}}
      {:ok, actor} = DynamicSupervisor.start_child(supervisor, spec)
      actor
    end
  end

  # Hibernating processes are as small as they get; collecting one would wake its heap up.
  defp used_bytes do
    for pid <- Process.list(), Process.info(pid, :current_function) != {:current_function, {:erlang, :hibernate, 3}} do
      :erlang.garbage_collect(pid)
    end

    :erlang.memory(:total)
  end

  defp restart_rounds(left, took) when left <= 0, do: took

  defp restart_rounds(left, took) do
    spec = %{id: :counter, start: {Counter, :start_link, [7, [name: :counter]]}}
    options = [strategy: :one_for_one, max_restarts: @crashes_per_supervisor, max_seconds: 5]
    {:ok, supervisor} = Supervisor.start_link([spec], options)
    took = crash_times(@crashes_per_supervisor, took)
    Supervisor.stop(supervisor)
    restart_rounds(left - @crashes_per_supervisor, took)
  end

  defp crash_times(0, took), do: took

  defp crash_times(left, took) do
    counter = Process.whereis(:counter)
    start = now()
    monitor = Process.monitor(counter)
    GenServer.cast(counter, :crash)

    receive do
      {:DOWN, ^monitor, :process, _, _} -> :ok
    end

    await_next(counter)
    %{n: 7} = GenServer.call(:counter, :read)
    crash_times(left - 1, [now() - start | took])
  end

  defp await_next(last) do
    case Process.whereis(:counter) do
      pid when is_pid(pid) and pid != last ->
        :ok

      _ ->
        :erlang.yield()
        await_next(last)
    end
  end

  defp now, do: :erlang.monotonic_time(:nanosecond)
end

# Reports of crashes would be what is measured.
:logger.set_primary_config(:level, :none)
[bench, size] = System.argv()
me = self()

:erlang.spawn_opt(
  fn -> send(me, {:figures, Bench.run(bench, String.to_integer(size))}) end,
  [:link, min_heap_size: 1_000_000]
)

receive do
  {:figures, figures} ->
    text = for {name, value} <- figures, do: ~s(,"#{name}":#{value / 1})
    version = "#{System.version()}, OTP #{:erlang.system_info(:otp_release)}"
    IO.puts(~s({"version":"#{version}"#{text}}))
end
