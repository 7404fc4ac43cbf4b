using System.Text;
using Hydra.Engine;
using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Payloads;

/// <summary>Executions with a subject: its key encrypts what they record, and destroying it ends them.</summary>
public class SubjectTests
{
    private const string Canary = "canary-4711";

    private static readonly StartOptions Ada = new() { Subject = "ada" };
    private static readonly KeyRing Ring = new(EncryptionKey.Generate("k1"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_that_is_recorded_has_the_key_of_the_subject()
    {
        await using var world = new World();
        var handle = await world.StartAsync(Fails, Canary, Ada with { MaxAttempts = 2 }, configure: Encrypt);
        await world.EndOf(handle);
        var rerun = await world.Until(handle.RerunAsync(cancellationToken: Token));
        await world.EndOf(rerun);
        var stopped = await world.StartAsync(Sleeps, Canary, Ada, configure: Encrypt);
        await world.RestAsync();
        await world.Until(stopped.TerminateAsync(Canary));

        foreach (var id in new[] { handle.Id, rerun.Id, stopped.Id })
        {
            var keys = (await StoredPayloadsAsync(world, id)).Select(payload => payload.KeyId).OfType<string>();
            Assert.StartsWith("subject:", Assert.Single(keys.Distinct()), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_runs_fails_and_says_why_when_the_key_is_destroyed()
    {
        await using var world = new World();
        var begun = 0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, string input) => await context.StepAsync("waits", input, async (_, token) =>
            {
                begun++;
                await Task.Delay(TimeSpan.FromHours(1), world.Clock, token);
                return Canary;
            }),
            Canary, Ada, configure: Encrypt);
        await world.PassAsync(TimeSpan.FromSeconds(10));
        var elsewhere = await world.OpenAsync(Encrypt, worker: null);

        await world.Until(elsewhere.ShredAsync("ada", Token));
        await world.PassAsync(TimeSpan.FromSeconds(10));
        var details = await world.Now(handle);

        Assert.Equal((ExecutionState.Failed, 1), (details.Row.State, begun));
        Assert.Equal("Hydra.SubjectShredded", details.Journal[^1].Output.Failure().Type);
        Assert.DoesNotContain(Canary, ExecutionJson.Format(details), StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<PayloadException>(
            () => world.Until(elsewhere.StartAsync("test", default, Ada, Token)));
        Assert.True(refused.IsShredded);
    }

    [Fact]
    public async Task What_sleeps_fails_when_it_is_due_and_others_go_on()
    {
        await using var world = new World();
        var ada = await world.StartAsync(Sleeps, Canary, Ada, configure: Encrypt);
        var bob = await world.Until(world.Clients[0].Workflow<string, string>("test")
            .StartAsync(Canary, Ada with { Subject = "bob" }, Token));
        await world.RestAsync();

        Assert.True(await world.Until(world.Clients[0].ShredAsync("ada", Token)));
        Assert.False(await world.Until(world.Clients[0].ShredAsync("ada", Token)));
        var failed = await Assert.ThrowsAsync<WorkflowFailedException>(() => world.Until(ada.ResultAsync()));

        Assert.Equal("Hydra.SubjectShredded", failed.Failure!.Type);
        Assert.Equal(Canary, await world.Until(bob.ResultAsync()));
    }

    [Fact]
    public async Task Where_the_key_is_merely_missing_the_execution_waits_for_it()
    {
        await using var world = new World();
        var kept = new Dictionary<string, SubjectKeyRow>();
        Action<HydraBuilder> elsewhere = hydra =>
        {
            Encrypt(hydra);
            hydra.Payloads.SubjectKeys(new Elsewhere(kept));
        };
        var handle = await world.StartAsync(Sleeps, Canary, Ada, configure: elsewhere);
        await world.RestAsync();
        await world.CloseAsync();
        var lost = new Dictionary<string, SubjectKeyRow>(kept);
        kept.Clear();

        var client = await world.OpenAsync((Func<WorkflowContext, string, Task<string>>)Sleeps, configure: elsewhere);
        await world.PassAsync(TimeSpan.FromMinutes(2));
        var blocked = await world.Now(client.Execution(handle.Id));
        var why = await client.Execution(handle.Id).WhyAsync(Token);
        kept[lost.Keys.Single()] = lost.Values.Single();
        await world.Until(client.Execution(handle.Id).RetryAsync(Token));
        var result = await world.Until(client.Execution<string>(handle.Id).ResultAsync());

        Assert.Equal((ExecutionState.Blocked, Canary), (blocked.Row.State, result));
        Assert.Contains("is not kept where the keys of subjects are", why.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_subject_of_an_execution_without_input_is_known_too()
    {
        await using var world = new World();
        await world.OpenAsync(hydra =>
        {
            Encrypt(hydra);
            hydra.AddWorkflow("test", async (WorkflowContext context, Nothing _) =>
            {
                await context.SleepAsync(TimeSpan.FromMinutes(1));
                return await context.StepAsync("speaks", _ => Task.FromResult(Canary));
            });
        });
        var id = (await world.Until(world.Clients[0].StartAsync("test", default, Ada, Token))).Id;

        Assert.Equal(Canary, await world.Until(world.Clients[0].Execution<string>(id).ResultAsync()));
        var keys = (await StoredPayloadsAsync(world, id)).Select(payload => payload.KeyId).OfType<string>();
        Assert.StartsWith("subject:", Assert.Single(keys.Distinct()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_schedule_starts_has_its_subject_until_that_is_shredded()
    {
        await using var world = new World();
        var first = await world.StartAsync(Sleeps, "plain", configure: Encrypt);
        await world.EndOf(first);
        var client = world.Clients[0];
        await world.Until(client.Schedules.PutAsync(
            new("daily", "test", Timetable.Every(TimeSpan.FromDays(1)))
            {
                Input = Payload.Create(Encoding.UTF8.GetBytes($"\"{Canary}\"")),
                Options = new() { Start = Ada },
            },
            Token));

        var started = await world.Until(client.Schedules.TriggerAsync("daily", cancellationToken: Token));
        Assert.Equal(Canary, await world.Until(client.Execution<string>(started!.Id).ResultAsync()));
        await world.Until(client.ShredAsync("ada", Token));

        await Assert.ThrowsAsync<PayloadException>(
            () => world.Until(client.Schedules.TriggerAsync("daily", cancellationToken: Token)));
        await world.Until(client.Schedules.PauseAsync("daily", cancellationToken: Token));
        await Assert.ThrowsAsync<PayloadException>(
            () => world.Until(client.Execution<string>(started.Id).ResultAsync()));
    }

    [Fact]
    public async Task What_a_shredded_subject_leaves_is_archived_without_values_and_pruned()
    {
        await using var world = new World();
        var handle = await world.StartAsync(Fails, Canary, Ada with { MaxAttempts = 1 }, configure: Encrypt);
        await world.EndOf(handle);
        await world.Until(world.Clients[0].ShredAsync("ada", Token));
        await world.PassAsync(TimeSpan.FromHours(4));
        var archive = new Lines();

        var summary = await world.Until(world.Clients[0].PruneAsync(
            new() { OlderThan = TimeSpan.FromHours(2), Archive = archive }, Token));

        Assert.Equal(1, summary.Deleted);
        Assert.DoesNotContain(Canary, Assert.Single(archive.Texts), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_that_does_not_encrypt_takes_no_subjects()
    {
        await using var world = new World();
        await world.OpenAsync((Func<WorkflowContext, string, Task<string>>)Sleeps);

        await Assert.ThrowsAsync<ArgumentException>(
            () => world.Until(world.Clients[0].StartAsync("test", default, Ada, Token)));
        await Assert.ThrowsAsync<ArgumentException>(() => world.Until(world.Clients[0].ShredAsync("ada", Token)));
    }

    [Theory]
    [InlineData("subject:")]
    [InlineData("subject:\0")]
    [InlineData("subject:0123456789ABCDEF0123456789ABCDEF")]
    [InlineData("subject:0123456789abcdef0123456789abcdef0")]
    public async Task No_store_is_asked_for_a_key_that_no_engine_has_named(string name)
    {
        var keys = new SubjectKeys("tests", Ring, new Unasked(), TimeProvider.System);
        var bytes = Encoding.UTF8.GetBytes(name);
        var payload = Payload.Create([(byte)bytes.Length, .. bytes, .. new byte[20]]);
        var forged = payload.Encode(Payload.Encrypted, new byte[12], payload.Data.Length, out var data);
        payload.Data.Span.CopyTo(data);

        await keys.LoadAsync([forged], Token);

        Assert.Equal(name, forged.KeyId);
        Assert.False(Assert.Throws<PayloadException>(() => keys.Find(name)).IsShredded);
    }

    [Fact]
    public async Task Once_the_keys_of_subjects_are_wrapped_anew_the_old_key_of_the_ring_can_be_dropped()
    {
        var (old, next) = (EncryptionKey.Generate("k1"), EncryptionKey.Generate("k2"));
        await using var world = new World();
        var before = await OpenAsync(world, new KeyRing(old));
        var ended = await world.Until(before.Workflow<string, string>("test").StartAsync(Canary, Ada, Token));
        await world.EndOf(ended);
        var sleeping = await world.Until(before.Workflow<string, string>("test").StartAsync(Canary, Ada, Token));
        var gone = await world.Until(before.Workflow<string, string>("test").StartAsync(
            Canary, new() { Subject = "bob" }, Token));
        await world.EndOf(gone);
        await world.Until(before.ShredAsync("bob", Token));
        await world.RestAsync();
        await world.CloseAsync();

        var without = await OpenAsync(world, new KeyRing(next));
        var left = await world.Until(without.RewrapSubjectKeysAsync(Token));
        await world.CloseAsync();
        var both = await OpenAsync(world, new KeyRing(next, old));
        var first = await world.Until(both.RewrapSubjectKeysAsync(Token));
        var second = await world.Until(both.RewrapSubjectKeysAsync(Token));
        await world.CloseAsync();
        var after = await OpenAsync(world, new KeyRing(next));
        await world.Until(after.Execution(sleeping.Id).RetryAsync(Token)); // Blocked where the key was missing.
        await world.PassAsync(TimeSpan.FromMinutes(2));

        Assert.Equal(new RewrapSummary(0, 1) { Kept = 1 }, left);
        Assert.Equal(new RewrapSummary(1, 0) { Kept = 1 }, first);
        Assert.Equal(new RewrapSummary(0, 0) { Kept = 1 }, second);
        Assert.Equal(Canary, await world.Until(after.Execution<string>(ended.Id).ResultAsync(Token)));
        Assert.Equal(Canary, await world.Until(after.Execution<string>(sleeping.Id).ResultAsync(Token)));
        var shredded = await Assert.ThrowsAsync<PayloadException>(
            () => world.Until(after.Execution<string>(gone.Id).ResultAsync(Token)));
        Assert.True(shredded.IsShredded);
    }

    [Fact]
    public async Task A_key_that_is_destroyed_while_it_is_wrapped_anew_stays_destroyed()
    {
        var (old, next) = (EncryptionKey.Generate("k1"), EncryptionKey.Generate("k2"));
        var kept = new Dictionary<string, SubjectKeyRow>();
        var store = new Elsewhere(kept);
        await new SubjectKeys("tests", new KeyRing(old), store, TimeProvider.System).ForAsync("ada", Token);
        var row = Assert.Single(kept.Values);
        store.BeforeReplace = () => kept[row.Id] = row with { Wrapped = null };

        var summary = await new SubjectKeys("tests", new KeyRing(next, old), store, TimeProvider.System)
            .RewrapAsync(Token);

        Assert.Equal(new RewrapSummary(0, 0) { Kept = 1 }, summary);
        Assert.True(Assert.Single(kept.Values).IsDestroyed);
    }

    private static Task<IHydraClient> OpenAsync(World world, KeyRing ring) => world.OpenAsync<string, string>(
        Sleeps, configure: hydra => hydra.Payloads.Encrypt(ring));

    private static void Encrypt(HydraBuilder hydra) => hydra.Payloads.Encrypt(Ring);

    private static async Task<string> Sleeps(WorkflowContext context, string input)
    {
        await context.SleepAsync(TimeSpan.FromMinutes(1));
        return await context.StepAsync("echo", input, (value, _) => Task.FromResult(value));
    }

    private static async Task<int> Fails(WorkflowContext context, string input)
    {
        await context.StepAsync("fails", input, Throw, new() { Retry = new() { MaxAttempts = 2 } });
        return 1;

        static Task<int> Throw(string value, CancellationToken token) => throw new InvalidOperationException(value);
    }

    private static async Task<List<Payload>> StoredPayloadsAsync(World world, ExecutionId id)
    {
        await using var store = new InMemoryWorkflowStore(world.Database, "default");
        var journal = await store.Queries.ReadJournalAsync(id, -1, 1_000, Token);
        var tries = await store.Queries.ReadTriesAsync(id, Token);
        return
        [
            .. tries.SelectMany(row => new[] { row.Input, row.Output, row.Failure })
                .Concat(journal.SelectMany(entry => new[] { entry.Input, entry.Output }))
                .Where(payload => !payload.IsNone),
        ];
    }

    private sealed class Lines : IExecutionArchive
    {
        public List<string> Texts { get; } = [];

        public Task AppendAsync(ExecutionDetails execution, CancellationToken cancellationToken)
        {
            Texts.Add(ExecutionJson.Format(execution));
            return Task.CompletedTask;
        }

        public Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Unasked : ISubjectKeyStore
    {
        public Task<SubjectKeyRow?> FindAsync(string id, CancellationToken cancellationToken) =>
            throw new InvalidOperationException($"It was asked for '{id}'.");

        public Task<SubjectKeyRow> AddAsync(string id, string wrapped, CancellationToken cancellationToken) =>
            throw new InvalidOperationException($"It was given '{id}'.");

        public Task<IReadOnlyList<SubjectKeyRow>> ListAsync(
            string? afterId, int limit, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("It was to list them.");

        public Task<bool> ReplaceAsync(
            string id, string expected, string wrapped, CancellationToken cancellationToken) =>
            throw new InvalidOperationException($"It was to replace '{id}'.");

        public Task<bool> DestroyAsync(string id, CancellationToken cancellationToken) =>
            throw new InvalidOperationException($"It was to destroy '{id}'.");
    }

    private sealed class Elsewhere(Dictionary<string, SubjectKeyRow> keys) : ISubjectKeyStore
    {
        public Action BeforeReplace { get; set; } = static () => { };

        public Task<SubjectKeyRow?> FindAsync(string id, CancellationToken cancellationToken) =>
            Task.FromResult(keys.GetValueOrDefault(id));

        public Task<SubjectKeyRow> AddAsync(string id, string wrapped, CancellationToken cancellationToken)
        {
            keys.TryAdd(id, new SubjectKeyRow(id, wrapped));
            return Task.FromResult(keys[id]);
        }

        public Task<IReadOnlyList<SubjectKeyRow>> ListAsync(
            string? afterId, int limit, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<SubjectKeyRow>>(
            [
                .. keys.Values
                    .Where(row => !row.IsDestroyed && string.CompareOrdinal(row.Id, afterId) > 0)
                    .OrderBy(static row => row.Id, StringComparer.Ordinal)
                    .Take(limit),
            ]);

        public Task<bool> ReplaceAsync(
            string id, string expected, string wrapped, CancellationToken cancellationToken)
        {
            BeforeReplace();
            var isExpected = keys[id].Wrapped == expected;
            keys[id] = isExpected ? new SubjectKeyRow(id, wrapped) : keys[id];
            return Task.FromResult(isExpected);
        }

        public Task<bool> DestroyAsync(string id, CancellationToken cancellationToken)
        {
            var had = keys.TryGetValue(id, out var row) && !row.IsDestroyed;
            keys[id] = new SubjectKeyRow(id, null);
            return Task.FromResult(had);
        }
    }
}
