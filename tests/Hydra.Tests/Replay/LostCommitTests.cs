using Hydra.Engine.Workers;
using Hydra.Memory;
using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Replay;

/// <summary>
/// A database that loses commits which it had acknowledged, as in a failover, while the workers live that made them.
/// </summary>
public class LostCommitTests
{
    private readonly List<string> _read = []; // The seqs of each journal that a claim of the watched worker answered.
    private volatile bool _mayClaim = true;
    private int _bodies;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_database_has_lost_is_not_replayed_but_done_again()
    {
        await using var world = new World();
        var handle = await StartAsync(world);
        await world.RestAsync();
        var lose = Keep(world, handle.Id);
        await world.PassAsync(TimeSpan.FromMinutes(1));
        var before = await world.Now(handle);

        lose();
        var after = await world.Now(handle);
        var result = await world.Until(handle.ResultAsync());
        var details = await world.EndOf(handle);

        Assert.Equal(("0 1", "0 2", "0 2"), (Outputs(before), Outputs(after), Outputs(details)));
        Assert.Equal((2, 2), (result, _bodies));
        Assert.Equal((ExecutionState.Completed, 0), (details.Row.State, details.Row.Crashes));
        Assert.Contains(world.Log.Lines, line => line.Contains("has lost what it said was durable"));
    }

    [Fact]
    public async Task What_another_worker_wrote_in_place_of_what_was_lost_is_what_counts()
    {
        // It claims under the same epoch, writes up to the same seq and settles: only the entries differ.
        await using var world = new World();
        var handle = await StartAsync(world);
        await world.RestAsync();
        var lose = Keep(world, handle.Id);
        await world.PassAsync(TimeSpan.FromMinutes(1));
        var before = await world.Now(handle);
        _mayClaim = false;
        lose();
        await world.PassAsync(TimeSpan.FromSeconds(1));
        var other = await world.OpenAsync<int, int>(NapTwiceAsync);
        var after = await world.Now(handle);
        await world.CrashAsync(other);

        _mayClaim = true;
        var result = await world.Until(handle.ResultAsync());
        var details = await world.EndOf(handle);

        Assert.Equal(Position(before.Row), Position(after.Row));
        Assert.Equal(("0 1", "0 2", "0 2"), (Outputs(before), Outputs(after), Outputs(details)));
        Assert.Equal((2, 2), (result, _bodies));
    }

    [Fact]
    public async Task A_claim_reads_no_more_than_the_last_entry_of_what_this_process_had()
    {
        await using var world = new World();
        var handle = await StartAsync(world);
        await world.RestAsync();
        _read.Clear(); // The start may have been claimed.

        await world.EndOf(handle);

        Assert.Equal(["1", "3"], _read);
    }

    [Fact]
    public async Task A_claim_of_the_next_attempt_reads_only_how_the_last_one_ended()
    {
        await using var world = new World();
        var handle = await StartAsync(world, async (context, _) =>
        {
            await context.StepAsync("begin", static _ => Task.FromResult(0));
            return _bodies++ == 0 ? throw new InvalidOperationException("no") : 7;
        });
        await world.RestAsync();
        _read.Clear(); // The start may have been claimed.

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, 2), (details.Row.State, details.Row.Attempt));
        Assert.Equal(["2"], _read);
    }

    [Fact]
    public async Task A_claim_reads_what_another_worker_has_added_to_what_this_process_had()
    {
        await using var world = new World();
        var handle = await StartAsync(world);
        await world.RestAsync();
        _read.Clear();
        _mayClaim = false;
        var other = await world.OpenAsync<int, int>(NapTwiceAsync);
        await world.PassAsync(TimeSpan.FromMinutes(1));
        await world.CrashAsync(other);

        _mayClaim = true;
        var result = await world.Until(handle.ResultAsync());

        Assert.Equal(["1 2 3"], _read);
        Assert.Equal((1, 1), (result, _bodies));
        Assert.DoesNotContain(world.Log.Lines, line => line.Contains("has lost what it said was durable"));
    }

    [Theory]
    [InlineData(false, false)] // Claimed while what had claimed it before still runs.
    [InlineData(true, false)] // After what had claimed it before was fenced.
    [InlineData(true, true)] // After a beat has found that it is owned no more.
    public async Task An_epoch_that_was_lost_is_not_proof_for_the_same_session_again(bool isDropped, bool byBeat)
    {
        await using var world = new World();
        var owners = new List<(SessionId Session, long Epoch)>();
        var first = new TaskCompletionSource();
        var handle = await StartAsync(world, async (context, _) =>
        {
            await context.SleepAsync(TimeSpan.FromMinutes(1));
            return await context.StepAsync("work", async _ =>
            {
                owners.Add((StepContext.Current!.Session, StepContext.Current.Epoch));
                await (owners.Count == 1 ? first.Task : Task.CompletedTask);
                return owners.Count;
            });
        });
        await world.RestAsync();
        var lose = Keep(world, handle.Id);
        await world.PassAsync(TimeSpan.FromMinutes(1));
        _mayClaim = !isDropped;

        lose();
        await world.PassAsync(byBeat ? TimeSpan.FromSeconds(20) : TimeSpan.Zero);
        first.SetResult();
        await world.RestAsync();
        _mayClaim = true;
        var details = await world.EndOf(handle);

        Assert.Equal((2, owners.Count), (owners.Distinct().Count(), 2));
        Assert.Equal((ExecutionState.Completed, 0), (details.Row.State, details.Row.Crashes));
        Assert.Single(await world.Clients[0].WorkersAsync(Token));
        Assert.Contains(world.Log.Lines, line => line.Contains("a second time"));
    }

    [Fact]
    public async Task What_is_under_way_while_its_last_commits_are_lost_does_them_again()
    {
        // The claim survives, and what was committed under it since does not.
        await using var world = new World();
        var bodies = new List<string>();
        var (one, two) = (new TaskCompletionSource(), new TaskCompletionSource());
        var handle = await StartAsync(world, async (context, _) =>
        {
            await context.StepAsync("one", _ => RunAsync("one", one.Task));
            return await context.StepAsync("two", _ => RunAsync("two", two.Task));
        });
        await world.RestAsync();
        var lose = Keep(world, handle.Id);
        one.SetResult();
        await world.RestAsync();

        lose();
        two.SetResult();
        var details = await world.EndOf(handle);

        Assert.Equal(["one", "two", "one", "two"], bodies);
        Assert.Equal((ExecutionState.Completed, 0), (details.Row.State, details.Row.Crashes));
        Assert.Contains(world.Log.Lines, line => line.Contains("has lost what it said was durable"));

        async Task<int> RunAsync(string name, Task gate)
        {
            bodies.Add(name);
            await gate;
            return bodies.Count;
        }
    }

    [Fact]
    public async Task A_journal_that_always_differs_is_left_to_other_builds_instead_of_being_run_for_ever()
    {
        await using var world = new World();
        var handle = await world.StartAsync<int, int>(
            (context, _) => context.StepAsync("work", _ => Task.FromResult(++_bodies)),
            0,
            configure: hydra => hydra.UseStore(setup =>
                new WatchedStore(new InMemoryWorkflowStore(world.Database, setup.Namespace))
                {
                    Refuses = operation => operation is AdvanceOperation { Entries.Count: > 0 },
                    SaysJournalDiffers = true,
                }));

        await world.PassAsync(TimeSpan.FromMinutes(1));
        var reason = await handle.WhyAsync(Token);

        Assert.Equal(2, _bodies);
        Assert.Equal(WhyReason.Mismatch, reason.Reason);
    }

    [Theory]
    [InlineData(1, 0, false)]
    [InlineData(10, 3_599, false)]
    [InlineData(11, 0, true)]
    [InlineData(1, 3_601, true)]
    public void A_journal_that_differs_again_a_moment_later_is_not_read_once_more(
        long epochs, int seconds, bool expected)
    {
        var session = new WorkerSession(new SessionId(1)) { Services = null! };
        var (id, now) = (ExecutionId.Create(1, 1, 0), new Instant(0));

        Assert.True(session.MayReadAnew(id, 5, now));
        Assert.Equal(expected, session.MayReadAnew(id, 5 + epochs, now.Plus(TimeSpan.FromSeconds(seconds))));
        Assert.True(session.MayReadAnew(ExecutionId.Create(2, 1, 0), 5, now));
    }

    /// <summary>Starts an execution with a worker whose claims are watched, and may be refused.</summary>
    private Task<ExecutionHandle<int>> StartAsync(
        World world, Func<WorkflowContext, int, Task<int>>? run = null) => world.StartAsync(
        run ?? NapTwiceAsync,
        0,
        configure: hydra => hydra.UseStore(setup =>
            new WatchedStore(new InMemoryWorkflowStore(world.Database, setup.Namespace))
            {
                Before = (call, _) =>
                {
                    if (call == nameof(IWorkflowStore.ClaimAsync) && !_mayClaim)
                    {
                        throw new StoreException(StoreErrorKind.NotSent, "Not now.");
                    }
                },
                Claimed = answer =>
                {
                    _read.AddRange(answer.Executions.Select(
                        claimed => string.Join(' ', claimed.Entries.Select(entry => entry.Seq))));
                    return answer;
                },
            }));

    private async Task<int> NapTwiceAsync(WorkflowContext context, int _)
    {
        await context.StepAsync("begin", _ => Task.FromResult(0));
        await context.SleepAsync(TimeSpan.FromMinutes(1));
        var number = await context.StepAsync("work", _ => Task.FromResult(Interlocked.Increment(ref _bodies)));
        await context.SleepAsync(TimeSpan.FromHours(1));
        return number;
    }

    /// <summary>Remembers an execution as it is stored; what is answered puts it back.</summary>
    private static Action Keep(World world, ExecutionId id)
    {
        var signal = new ChangeSignal(world.Database.Gate);
        var tables = world.Database.Open("default", signal);
        var execution = tables.Get(id);
        var (row, entries) = (execution.Row, execution.Journal.Count);
        return () => world.Database.Write(tables, signal, row, (tables, row, _) =>
        {
            execution.Journal.RemoveRange(entries, execution.Journal.Count - entries);
            tables.Update(execution, row);
            return true;
        });
    }

    private static (long Epoch, long SettledEpoch, long LastSeq, ExecutionState State) Position(ExecutionRow row) =>
        (row.Epoch, row.SettledEpoch, row.LastSeq, row.State);

    private static string Outputs(ExecutionDetails details) =>
        string.Join(' ', details.Steps().Select(step => step.Output.Text()));
}
