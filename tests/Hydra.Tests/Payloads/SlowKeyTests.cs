using Hydra.Engine;
using Hydra.Engine.Scheduling;
using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Payloads;

/// <summary>A store of keys of the application's own that takes long for each answer, or gives none.</summary>
public class SlowKeyTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly KeyRing Ring = new(EncryptionKey.Generate("k1"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_claimed_together_for_many_subjects_begins_together()
    {
        await using var world = new World();
        var keys = new SlowKeys(world);
        var client = await OpenAsync(world, keys);
        for (var i = 0; i < 20; i++)
        {
            await world.Until(client.Workflow<string, string>("sleeps").StartAsync(
                "word", new() { Subject = $"ada-{i}" }, Token));
        }

        await world.CloseAsync();
        keys.Answer = 8 * Second;
        client = await OpenAsync(world, keys);
        await world.PassAsync(Minute + (2 * keys.Answer) + (4 * Second));

        Assert.Equal(20, await CompletedAsync(client));
    }

    [Fact]
    public async Task Whatever_needs_no_key_goes_on_while_none_is_answered()
    {
        await using var world = new World();
        var keys = new SlowKeys(world);
        var (held, orphaned) = (new TaskCompletionSource(), new TaskCompletionSource());
        var client = await OpenAsync(world, keys, held.Task);
        var ada = await StartAsync(client, "holds", "ada");
        var bob = await StartAsync(client, "sleeps", "bob");
        var carol = await StartAsync(client, "sleeps", null);
        foreach (var name in new[] { "ada", "nobody" })
        {
            await world.Until(client.Schedules.PutAsync(
                new(name, "echoes", Timetable.Cron("* * * * *"))
                {
                    Input = Payload.Create("\"word\""u8),
                    Options = new() { Start = new() { Subject = name == "nobody" ? null : name } },
                },
                Token));
        }

        var other = await OpenAsync(world, keys, orphaned.Task);
        var orphan = await StartAsync(other, "holds", null);
        await world.CrashAsync(other);
        keys.Answer = Timeout.InfiniteTimeSpan;
        await world.PassAsync(30 * Second); // The lease of the dead engine has ended by then.
        held.SetResult();
        await world.PassAsync(Second);
        var swept = await StateAsync(orphan);
        await world.PassAsync((30 * Second) + Second); // What sleeps is due then, and claimed together.
        var besides = (await StateAsync(bob), await StateAsync(carol));
        await world.PassAsync((2 * Minute) + (29 * Second));
        var nobodys = await StartedAsync("nobody");
        var adas = await StartedAsync("ada");
        var unanswered = await StateAsync(bob);
        var completed = await CompletedAsync(client);
        keys.Answer = TimeSpan.Zero;
        await world.PassAsync(Minute);

        Assert.Equal(ExecutionState.Completed, swept);
        Assert.Equal((3, 0), (nobodys, adas));
        Assert.Equal((ExecutionState.Running, ExecutionState.Completed), besides);
        Assert.NotEqual(ExecutionState.Completed, unanswered);
        Assert.Equal(6, completed); // The orphan, what held, carol, and what was started for nobody.
        Assert.Equal(ExecutionState.Completed, await StateAsync(bob));
        Assert.Equal(ExecutionState.Completed, await StateAsync(ada));
        Assert.InRange(await StartedAsync("ada"), 1, 2);
        Assert.Contains("has not answered within 10 seconds", world.Log.ToString(), StringComparison.Ordinal);
        keys.Answer = Timeout.InfiniteTimeSpan; // Nor does the engine wait for an answer in order to close.

        Task<ExecutionHandle<string>> StartAsync(IHydraClient from, string workflow, string? subject) => world.Until(
            from.Workflow<string, string>(workflow).StartAsync("word", new() { Subject = subject }, Token));

        async Task<ExecutionState> StateAsync(ExecutionHandle<string> handle) =>
            (await Stored().Queries.FindAsync(handle.Id, Token))!.State;

        async Task<long> StartedAsync(string name) =>
            ScheduleJson.ReadProgress((await Stored().Schedules.FindAsync(name, Token))!).Started;

        InMemoryWorkflowStore Stored() => new(world.Database, client.Namespace); // Which needs no key.
    }

    [Fact]
    public async Task Many_that_wait_for_their_keys_leave_slots_to_others_and_come_back_later()
    {
        await using var world = new World();
        var keys = new SlowKeys(world);
        var client = await OpenAsync(world, keys);
        for (var i = 0; i < 60; i++)
        {
            await world.Until(client.Workflow<string, string>("sleeps").StartAsync(
                "word", new() { Subject = i < 50 ? $"ada-{i}" : null }, Token));
        }

        await world.CloseAsync();
        keys.Answer = Timeout.InfiniteTimeSpan;
        client = await OpenAsync(world, keys);
        await world.PassAsync(Minute + (15 * Second)); // Only the first ten seconds have all slots taken.
        var completed = await CompletedAsync(client);
        await world.PassAsync(Minute);
        var rows = await new InMemoryWorkflowStore(world.Database, client.Namespace).Queries.ListAsync(
            new() { Limit = 100, State = ExecutionState.Waiting }, Token);
        keys.Answer = TimeSpan.Zero;
        await world.PassAsync(30 * Second);

        Assert.Equal(10, completed);
        Assert.InRange(rows.Count, 30, 50); // The others wait in slots at the moment.
        Assert.All(rows, static row => Assert.Equal("the key of its subject", row.WaitsFor));
        Assert.All(rows, static row => Assert.InRange(row.Epoch, 2, 12));
        Assert.Equal(60, await CompletedAsync(client));
    }

    [Fact]
    public async Task Retention_passes_over_what_has_no_key_now_in_little_time()
    {
        await using var world = new World();
        var keys = new SlowKeys(world);
        var client = await OpenAsync(world, keys);
        for (var i = 0; i < 45; i++)
        {
            await world.Until(client.Workflow<string, string>("echoes").StartAsync(
                "word", new() { Subject = i < 40 ? $"ada-{i}" : null }, Token));
        }

        await world.PassAsync(TimeSpan.FromHours(3));
        keys.Answer = Timeout.InfiniteTimeSpan;
        var begun = world.Elapsed;
        var summary = await world.Until(client.PruneAsync(
            new() { OlderThan = TimeSpan.FromHours(2), Archive = new Attic() }, Token));

        Assert.Equal((5, 40), (summary.Deleted, summary.NotArchived));
        Assert.InRange(world.Elapsed - begun, TimeSpan.Zero, 2 * Minute); // Not ten seconds for each.
    }

    [Fact]
    public async Task Whoever_asks_only_how_an_execution_has_ended_waits_for_no_key()
    {
        await using var world = new World();
        var keys = new SlowKeys(world);
        var client = await OpenAsync(world, keys);
        var id = (await world.Until(client.Workflow<string, string>("echoes").StartAsync(
            "word", new() { Subject = "ada" }, Token))).Id;
        await world.PassAsync(Minute); // Its key is not fresh any more.
        keys.Answer = Timeout.InfiniteTimeSpan;
        var asked = keys.Asked;

        Assert.Equal(ExecutionState.Completed, await world.Until(client.Execution(id).WaitAsync(Token)));
        Assert.Equal(asked, keys.Asked);
    }

    [Fact]
    public async Task A_call_that_is_not_answered_in_time_is_told_that_nobody_waits()
    {
        await using var world = new World();
        var keys = new SlowKeys(world) { Answer = Timeout.InfiniteTimeSpan };
        var guarded = GuardedSubjectKeys.Of(keys, world.Clock)!;
        var (read, write) = (guarded.FindAsync("id", Token), guarded.DestroyAsync("id", Token));
        Assert.Equal(0, keys.GivenUp);

        await world.PassAsync(GuardedSubjectKeys.LongestAnswer);

        Assert.Equal(StoreErrorKind.NotSent, (await Assert.ThrowsAsync<StoreException>(() => read)).Kind);
        Assert.Equal(StoreErrorKind.InDoubt, (await Assert.ThrowsAsync<StoreException>(() => write)).Kind);
        await keys.HearAsync(2);
    }

    [Fact]
    public async Task A_destroyed_key_stays_so_whatever_an_older_answer_says()
    {
        await using var world = new World();
        var keys = new SlowKeys(world);
        var subjects = new SubjectKeys("tests", Ring, keys, world.Clock);
        var key = await subjects.ForAsync("ada", Token);
        keys.Answer = 2 * Second;
        var looks = subjects.RefreshAsync(key, Token);
        keys.Answer = TimeSpan.Zero;
        await subjects.DestroyAsync("ada", Token);

        await world.Until(looks);

        Assert.True(key.IsDestroyed);
        Assert.True(Assert.Throws<PayloadException>(() => subjects.Find(key.Key.Id)).IsShredded);
    }

    [Fact]
    public async Task A_key_is_as_fresh_as_when_it_was_asked_for()
    {
        await using var world = new World();
        var keys = new SlowKeys(world);
        var subjects = new SubjectKeys("tests", Ring, keys, world.Clock);
        await subjects.ForAsync("ada", Token);
        await world.PassAsync(SubjectKeys.Freshness + Second);
        keys.Answer = SubjectKeys.Freshness + Second;
        await world.Until(subjects.ForAsync("ada", Token));
        var asked = keys.Asked;

        await world.Until(subjects.ForAsync("ada", Token));

        Assert.Equal(asked + 1, keys.Asked);
    }

    [Fact]
    public async Task Whoever_looks_for_the_same_key_at_once_looks_once()
    {
        await using var world = new World();
        var keys = new SlowKeys(world);
        var subjects = new SubjectKeys("tests", Ring, keys, world.Clock);
        var key = await subjects.ForAsync("ada", Token);
        keys.Answer = Second;
        var asked = keys.Asked;

        await world.Until(Task.WhenAll(Enumerable.Range(0, 5).Select(_ => subjects.RefreshAsync(key, Token))));

        Assert.Equal(asked + 1, keys.Asked);
    }

    private sealed class Attic : IExecutionArchive
    {
        public Task AppendAsync(ExecutionDetails execution, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private static async Task<long> CompletedAsync(IHydraClient client) =>
        (await client.StatisticsAsync(cancellationToken: Token)).Counts.Executions
            .Where(static one => one.State == ExecutionState.Completed).Sum(static one => one.Count);

    private static Task<IHydraClient> OpenAsync(World world, SlowKeys keys, Task? held = null) =>
        world.OpenAsync(hydra =>
        {
            hydra.Payloads.Encrypt(Ring).SubjectKeys(keys);
            hydra.AddWorkflow("echoes", static (WorkflowContext _, string word) => Task.FromResult(word));
            hydra.AddWorkflow("sleeps", static async (WorkflowContext context, string word) =>
            {
                await context.SleepAsync(Minute);
                return word;
            });
            hydra.AddWorkflow("holds", async (WorkflowContext context, string word) =>
            {
                await context.StepAsync("hold", _ => held ?? Task.CompletedTask);
                return word;
            });
        });
}
