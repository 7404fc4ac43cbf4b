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
        await world.PassAsync(3 * Minute);
        var nobodys = await StartedAsync("nobody");
        var adas = await StartedAsync("ada");
        var unanswered = await StateAsync(bob);
        var completed = await CompletedAsync(client);
        keys.Answer = TimeSpan.Zero;
        await world.PassAsync(Minute);

        Assert.Equal(ExecutionState.Completed, swept);
        Assert.Equal((3, 0), (nobodys, adas));
        Assert.NotEqual(ExecutionState.Completed, unanswered);
        Assert.Equal(5, completed); // The orphan, what held, and what was started for nobody.
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

    /// <summary>Keys in the database of a world, answered after a while.</summary>
    private sealed class SlowKeys(World world) : ISubjectKeyStore
    {
        private readonly ISubjectKeyStore _keys = new InMemoryWorkflowStore(world.Database, "keys").SubjectKeys;

        public TimeSpan Answer { get; set; }

        public Task<SubjectKeyRow?> FindAsync(string id, CancellationToken cancellationToken) =>
            AfterAsync(() => _keys.FindAsync(id, cancellationToken));

        public Task<SubjectKeyRow> AddAsync(string id, string wrapped, CancellationToken cancellationToken) =>
            AfterAsync(() => _keys.AddAsync(id, wrapped, cancellationToken));

        public Task<IReadOnlyList<SubjectKeyRow>> ListAsync(
            string? afterId, int limit, CancellationToken cancellationToken) =>
            AfterAsync(() => _keys.ListAsync(afterId, limit, cancellationToken));

        public Task<bool> ReplaceAsync(
            string id, string expected, string wrapped, CancellationToken cancellationToken) =>
            AfterAsync(() => _keys.ReplaceAsync(id, expected, wrapped, cancellationToken));

        public Task<bool> DestroyAsync(string id, CancellationToken cancellationToken) =>
            AfterAsync(() => _keys.DestroyAsync(id, cancellationToken));

        /// <summary>Does not hear of being given up, as careless code does not.</summary>
        private async Task<T> AfterAsync<T>(Func<Task<T>> answer)
        {
            await Task.Delay(Answer, world.Clock, CancellationToken.None);
            return await answer();
        }
    }
}
