using System.Text;
using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Payloads;

/// <summary>
/// Engines that encrypt: what the store gets, and what becomes of executions when keys change or lack.
/// </summary>
public class EncryptionTests
{
    private const string Canary = "canary-4711";

    private static readonly EncryptionKey Old = EncryptionKey.Generate("k1");
    private static readonly EncryptionKey New = EncryptionKey.Generate("k2");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_that_users_have_written_reaches_the_store_in_plain()
    {
        await using var world = new World();
        var tries = 0;
        var handle = await world.StartAsync(
            async Task<int> (WorkflowContext context, string input) =>
            {
                await context.StepAsync("fails", input, (value, _) => ++tries < 3
                    ? throw new InvalidOperationException($"It broke: {value}")
                    : Task.FromResult(value));
                try
                {
                    await context.StepAsync("gives up", input, Fail, new() { Retry = new() { MaxAttempts = 1 } });
                }
                catch (StepFailedException e)
                {
                    Assert.Contains(Canary, e.Message, StringComparison.Ordinal);
                }

                throw new InvalidOperationException($"Everything broke: {input}");
            },
            Canary,
            new() { MaxAttempts = 2, Key = "key" },
            configure: hydra => hydra.Payloads.Encrypt(new KeyRing(Old)));

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 2), (details.Row.State, details.Row.Attempt));
        Assert.Contains(Canary, details.Journal[^1].Output.Failure().Message, StringComparison.Ordinal);
        Assert.Contains(details.Tries, row => row.Failure.Failure().Message.Contains(Canary, StringComparison.Ordinal));
        var stored = await StoredPayloadsAsync(world, handle.Id);
        Assert.Contains(stored, payload => payload.KeyId == "k1");
        Assert.All(stored, payload => Assert.Equal(-1, payload.Envelope.Span.IndexOf(Encoding.UTF8.GetBytes(Canary))));
        Assert.DoesNotContain(Canary, world.Log.ToString(), StringComparison.Ordinal);
        var hash = Payload.Create(Encoding.UTF8.GetBytes($"\"{Canary}\"")).HashText;
        Assert.NotEqual(hash, details.Row.InputHash);

        static Task<int> Fail(string value, CancellationToken token) => throw new InvalidOperationException(value);
    }

    [Fact]
    public async Task What_is_compressed_is_read_by_engines_that_do_not_compress()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            SleepAndEcho, new string('x', 100_000), configure: hydra => hydra.Payloads.Compress());
        await world.RestAsync();
        var stored = await StoredPayloadsAsync(world, handle.Id);
        await world.CrashAsync();

        var client = await world.OpenAsync((Func<WorkflowContext, string, Task<string>>)SleepAndEcho);
        var result = await world.Until(client.Execution<string>(handle.Id).ResultAsync());

        Assert.Equal(100_000, result.Length);
        Assert.All(stored, payload => Assert.True(payload.Length < 1_000));
    }

    [Fact]
    public async Task Keys_rotate_under_executions_that_are_in_flight()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            SleepAndEcho, Canary, new() { Key = "key" },
            configure: hydra => hydra.Payloads.Encrypt(new KeyRing(Old)));
        await world.RestAsync();
        await world.CloseAsync();

        var client = await world.OpenAsync(
            (Func<WorkflowContext, string, Task<string>>)SleepAndEcho,
            configure: hydra => hydra.Payloads.Encrypt(new KeyRing(New, Old)));
        var again = await world.Until(
            client.Workflow<string, string>("test").StartAsync(Canary, new() { Key = "key" }));
        var result = await world.Until(again.ResultAsync());

        Assert.Equal((handle.Id, Canary), (again.Id, result));
        var keys = (await StoredPayloadsAsync(world, handle.Id)).Select(payload => payload.KeyId).OfType<string>();
        Assert.Equal(["k1", "k2"], keys.Distinct().Order()); // How long a sleep is has none.
        await Assert.ThrowsAsync<StartConflictException>(() => world.Until(
            client.Workflow<string, string>("test").StartAsync("other", new() { Key = "key" })));
    }

    [Fact]
    public async Task An_execution_whose_key_is_missing_waits_for_a_worker_that_has_it()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            SleepAndEcho, Canary, configure: hydra => hydra.Payloads.Encrypt(new KeyRing(New)));
        await world.RestAsync();
        await world.CrashAsync();
        var without = await world.OpenAsync(
            (Func<WorkflowContext, string, Task<string>>)SleepAndEcho,
            configure: hydra => hydra.Payloads.Encrypt(new KeyRing(Old)));
        await world.PassAsync(TimeSpan.FromMinutes(2));

        var blocked = await world.Now(without.Execution(handle.Id));
        var why = await without.Execution(handle.Id).WhyAsync(Token);

        Assert.Equal((ExecutionState.Blocked, 0), (blocked.Row.State, blocked.Row.Crashes));
        Assert.Single(blocked.Refusals);
        Assert.Contains("key 'k2', which this engine does not have", why.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("input of journal entry 0", why.Failure.Message, StringComparison.Ordinal);
        Assert.Equal("[encrypted, key k2]", JsonOf(blocked).GetProperty("input").GetString());

        var with = await world.OpenAsync(
            (Func<WorkflowContext, string, Task<string>>)SleepAndEcho,
            configure: hydra => hydra.Payloads.Encrypt(new KeyRing(Old, New)));
        var result = await world.Until(with.Execution<string>(handle.Id).ResultAsync());

        Assert.Equal(Canary, result);
        var ended = await world.Now(with.Execution(handle.Id));
        Assert.Equal((ExecutionState.Completed, 1), (ended.Row.State, ended.Row.Attempt));
    }

    [Fact]
    public async Task A_result_whose_key_is_missing_is_not_taken_for_another()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            SleepAndEcho, Canary, configure: hydra => hydra.Payloads.Encrypt(new KeyRing(New)));
        await world.EndOf(handle);

        var client = await world.OpenAsync(_ => { }, worker: null);
        var refused = await Assert.ThrowsAsync<PayloadException>(
            () => world.Until(client.Execution<string>(handle.Id).ResultAsync()));

        Assert.Contains("'k2'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Swapped_ciphertexts_are_noticed_and_named_and_nothing_runs_over_them()
    {
        await using var world = new World();
        var store = new WatchedStore(new InMemoryWorkflowStore(world.Database, "default"));
        var runs = 0;
        Func<WorkflowContext, string, Task<string>> run = async (context, input) =>
        {
            var one = await context.StepAsync("one", input, Count);
            var two = await context.StepAsync("two", input, Count);
            await context.SleepAsync(TimeSpan.FromMinutes(1));
            return await context.StepAsync("three", one + two, Count);
        };
        var handle = await world.StartAsync(
            run, Canary, configure: hydra => hydra.UseStore(_ => store).Payloads.Encrypt(new KeyRing(Old)));
        await world.RestAsync();
        await world.CrashAsync();
        var swapping = new WatchedStore(new InMemoryWorkflowStore(world.Database, "default")) { Claimed = Swap };
        var client = await world.OpenAsync(
            run, configure: hydra => hydra.UseStore(_ => swapping).Payloads.Encrypt(new KeyRing(Old)));
        await world.PassAsync(TimeSpan.FromMinutes(2));

        var details = await world.Now(client.Execution(handle.Id));
        var why = await client.Execution(handle.Id).WhyAsync(Token);

        Assert.Equal((ExecutionState.Blocked, 2), (details.Row.State, runs));
        Assert.Contains(
            $"The output of journal entry 1 of execution {handle.Id} does not decrypt", why.Failure!.Message,
            StringComparison.Ordinal);

        Task<string> Count(string value, CancellationToken token)
        {
            runs++;
            return Task.FromResult(value);
        }

        static ClaimAnswer Swap(ClaimAnswer answer) => answer with
        {
            Executions = [.. answer.Executions.Select(claimed => claimed with
            {
                Entries = [.. claimed.Entries.Select(entry => entry.Seq is 1 or 2
                    ? entry with { Output = claimed.Entries[3 - (int)entry.Seq].Output }
                    : entry)],
            })],
        };
    }

    [Fact]
    public async Task An_engine_that_begins_to_encrypt_goes_on_with_what_is_there()
    {
        await using var world = new World();
        var handle = await world.StartAsync(SleepAndEcho, Canary, new() { Key = "key" });
        await world.RestAsync();
        await world.CloseAsync();

        var client = await world.OpenAsync(
            (Func<WorkflowContext, string, Task<string>>)SleepAndEcho,
            configure: hydra => hydra.Payloads.Compress().Encrypt(new KeyRing(Old)));
        var again = await world.Until(
            client.Workflow<string, string>("test").StartAsync(Canary, new() { Key = "key" }));

        Assert.Equal((handle.Id, Canary), (again.Id, await world.Until(again.ResultAsync())));
    }

    [Fact]
    public async Task A_replay_decodes_what_it_is_given_and_says_which_key_is_missing()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            SleepAndEcho, Canary, configure: hydra => hydra.Payloads.Encrypt(new KeyRing(New)));
        await world.RestAsync();
        var without = await world.OpenAsync(
            hydra => hydra.AddWorkflow<string, string>("test", SleepAndEcho), worker: null);
        var seen = await world.Now(without.Execution(handle.Id));

        var read = await world.Until(((HydraClient)world.Clients[0]).ReplayAsync(seen, new(), Token));
        var unread = await world.Until(((HydraClient)without).ReplayAsync(seen, new(), Token));

        Assert.Equal(ReplayVerdict.Matches, read.Verdict);
        Assert.Equal(ReplayVerdict.Unreadable, unread.Verdict);
        Assert.Contains("encrypted with key 'k2'", unread.Difference, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_termination_tells_its_reason_to_those_who_have_the_key()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            SleepAndEcho, Canary, configure: hydra => hydra.Payloads.Encrypt(new KeyRing(Old)));
        await world.RestAsync();

        await world.Until(handle.TerminateAsync(Canary));
        var details = await world.EndOf(handle);

        Assert.Contains(Canary, details.Journal[^1].Output.Failure().Message, StringComparison.Ordinal);
        Assert.Equal("k1", (await StoredPayloadsAsync(world, handle.Id))[^1].KeyId);
    }

    [Fact]
    public async Task A_fork_and_a_rerun_have_what_they_were_made_of_encrypted_for_their_own_rows()
    {
        await using var world = new World();
        var first = await world.StartAsync(
            SleepAndEcho, Canary, configure: hydra => hydra.Payloads.Encrypt(new KeyRing(Old)));
        await world.EndOf(first);
        await world.CloseAsync();

        var client = await world.OpenAsync(
            (Func<WorkflowContext, string, Task<string>>)SleepAndEcho,
            configure: hydra => hydra.Payloads.Encrypt(new KeyRing(New, Old)));
        var fork = await world.Until(client.Execution<string>(first.Id).ForkAsync("again", new(), Token));
        var rerun = await world.Until(client.Execution<string>(first.Id).RerunAsync(cancellationToken: Token));

        Assert.Equal((Canary, Canary), (await world.Until(fork.ResultAsync()), await world.Until(rerun.ResultAsync())));
        var copied = await StoredPayloadsAsync(world, fork.Id);
        Assert.Equal(["k2"], copied.Select(payload => payload.KeyId).OfType<string>().Distinct());
        Assert.All(copied, payload => Assert.Equal(-1, payload.Envelope.Span.IndexOf(Encoding.UTF8.GetBytes(Canary))));
        Assert.Equal("k2", (await StoredPayloadsAsync(world, rerun.Id))[0].KeyId);
    }

    [Fact]
    public async Task Whoever_lacks_the_key_makes_no_executions_that_nobody_could_read()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            SleepAndEcho, Canary, configure: hydra => hydra.Payloads.Encrypt(new KeyRing(Old)));
        await world.EndOf(handle);
        var timetable = Timetable.Every(TimeSpan.FromDays(1));
        await world.Until(world.Clients[0].Schedules.PutAsync(
            new("daily", "test", timetable) { Input = Payload.Create("\"a\""u8) }, Token));

        foreach (var keys in new[] { null, new KeyRing(New) })
        {
            var client = await world.OpenAsync(hydra => Encrypt(hydra, keys), worker: null);
            await RefusedAsync(() => client.Execution(handle.Id).ForkAsync("again", new(), Token));
            await RefusedAsync(() => client.Execution(handle.Id).RerunAsync(cancellationToken: Token));
            await RefusedAsync(() => client.Schedules.TriggerAsync("daily", cancellationToken: Token));
            await world.Until(client.Schedules.PauseAsync("daily", cancellationToken: Token));
        }

        await world.Until(world.Clients[0].Schedules.ResumeAsync("daily", cancellationToken: Token));
        var started = await world.Until(world.Clients[0].Schedules.TriggerAsync("daily", cancellationToken: Token));
        Assert.Equal(
            "a", await world.Until(world.Clients[0].Execution<string>(started!.Id).ResultAsync()));

        async Task RefusedAsync(Func<Task> call)
        {
            var refused = await Assert.ThrowsAsync<PayloadException>(() => world.Until(call()));
            Assert.Contains("encrypted with key 'k1'", refused.Message, StringComparison.Ordinal);
        }

        static void Encrypt(HydraBuilder hydra, KeyRing? keys)
        {
            if (keys is not null)
            {
                hydra.Payloads.Encrypt(keys);
            }
        }
    }

    [Fact]
    public async Task An_encoded_payload_is_no_input()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            SleepAndEcho, Canary, configure: hydra => hydra.Payloads.Encrypt(new KeyRing(Old)));
        await world.EndOf(handle);
        var input = (await StoredPayloadsAsync(world, handle.Id))[0];

        await Assert.ThrowsAsync<PayloadException>(() => world.Until(world.Clients[0].StartAsync("test", input)));
    }

    private static async Task<string> SleepAndEcho(WorkflowContext context, string input)
    {
        var value = await context.StepAsync("echo", input, Echo);
        await context.SleepAsync(TimeSpan.FromMinutes(1));
        return await context.StepAsync("again", value, Echo);

        static Task<string> Echo(string value, CancellationToken token) => Task.FromResult(value);
    }

    /// <summary>What the store has of an execution, past every codec.</summary>
    private static async Task<List<Payload>> StoredPayloadsAsync(World world, ExecutionId id)
    {
        await using var store = new InMemoryWorkflowStore(world.Database, "default");
        var journal = await store.Queries.ReadJournalAsync(id, -1, 1_000, Token);
        var tries = await store.Queries.ReadTriesAsync(id, Token);
        var refusals = await store.Queries.ReadRefusalsAsync(id, Token);
        return
        [
            .. tries.SelectMany(row => new[] { row.Input, row.Output, row.Failure })
                .Concat(refusals.Select(row => row.Difference))
                .Concat(journal.SelectMany(entry => new[] { entry.Input, entry.Output }))
                .Where(payload => !payload.IsNone),
        ];
    }

    private static System.Text.Json.JsonElement JsonOf(ExecutionDetails details) =>
        System.Text.Json.JsonDocument.Parse(ExecutionJson.Format(details)).RootElement;
}
