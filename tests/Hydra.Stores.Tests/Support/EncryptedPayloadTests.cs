using System.Data.Common;
using System.Text;
using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>
/// Engines that encrypt, on a database: what it gets, and what becomes of executions when keys change.
/// </summary>
public abstract class EncryptedPayloadTests : IAsyncLifetime
{
    private const string Canary = "canary-4711";
    private const string TwoResults = $"{Canary}1{Canary}2";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly EncryptionKey Old = EncryptionKey.Generate("k1");
    private static readonly EncryptionKey New = EncryptionKey.Generate("k2");

    private readonly CancellationTokenSource _given =
        CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    protected CancellationToken Token => _given.Token;

    public ValueTask InitializeAsync()
    {
        _given.CancelAfter(Patience);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await DropAsync();
        _given.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Nothing_that_users_have_written_is_in_the_database_in_plain()
    {
        await using var engine = await OpenAsync(new KeyRing(Old), Everything);
        var handle = await engine.Client.Workflow<string, string>("test")
            .StartAsync(Canary, new() { MaxAttempts = 2, RetryBackoff = TimeSpan.FromMilliseconds(1) }, Token);

        var failed = await Assert.ThrowsAsync<WorkflowFailedException>(() => handle.ResultAsync(Token));

        Assert.Contains(Canary, failed.Message, StringComparison.Ordinal);
        var stored = await StoredAsync(handle.Id);
        Assert.All(stored, payload => Assert.Equal(-1, payload.Envelope.Span.IndexOf(Encoding.UTF8.GetBytes(Canary))));
        Assert.True(stored.Count(payload => payload.KeyId == "k1") > 8, $"Only {stored.Count} payloads.");
    }

    [Fact]
    public async Task Swapped_ciphertexts_block_the_execution_until_they_are_swapped_back()
    {
        var ring = new KeyRing(Old);
        ExecutionId id;
        await using (var first = await OpenAsync(ring, TwoSteps))
        {
            var handle = await first.Client.Workflow<string, string>("test").StartAsync(Canary, null, Token);
            id = handle.Id;
            await UntilAsync(handle, ExecutionState.Sleeping);
        }

        await SwapOutputsAsync();
        await using var engine = await OpenAsync(ring, TwoSteps);
        var swapped = engine.Client.Execution<string>(id);
        await UntilAsync(swapped, ExecutionState.Blocked);
        var why = await swapped.WhyAsync(Token);
        await SwapOutputsAsync();
        await swapped.RetryAsync(Token);
        var result = await swapped.ResultAsync(Token);

        Assert.Contains(
            $"The output of journal entry 1 of execution {id} does not decrypt with key 'k1'", why.Failure!.Message,
            StringComparison.Ordinal);
        Assert.Equal(TwoResults, result);
    }

    [Fact]
    public async Task A_missing_key_blocks_the_execution_until_a_worker_has_it()
    {
        ExecutionHandle<string> handle;
        await using (var first = await OpenAsync(new KeyRing(New), TwoSteps))
        {
            handle = await first.Client.Workflow<string, string>("test").StartAsync(Canary, null, Token);
            await UntilAsync(handle, ExecutionState.Sleeping);
        }

        await using var without = await OpenAsync(new KeyRing(Old), TwoSteps);
        var blocked = without.Client.Execution<string>(handle.Id);
        await UntilAsync(blocked, ExecutionState.Blocked);
        var why = await blocked.WhyAsync(Token);
        var detail = await LookAsync("why_not_running", "detail");
        await using var with = await OpenAsync(new KeyRing(New, Old), TwoSteps);
        var result = await with.Client.Execution<string>(handle.Id).ResultAsync(Token);

        Assert.Contains("key 'k2', which this engine does not have (it has k1)", why.Failure!.Message,
            StringComparison.Ordinal);
        Assert.Contains("key 'k2', which this engine does not have (it has k1)", detail, StringComparison.Ordinal);
        Assert.Equal(TwoResults, result);
    }

    [Fact]
    public async Task Keys_rotate_under_load_and_nothing_is_lost()
    {
        var before = await OpenAsync(new KeyRing(Old), TwoSteps);
        var handles = await StartManyAsync(before, 0);
        await using var both = await OpenAsync(new KeyRing(New, Old), TwoSteps); // Others cannot read all of it.
        handles.AddRange(await StartManyAsync(both, 20));
        handles.AddRange(await StartManyAsync(before, 40));
        await before.DisposeAsync();

        for (var i = 0; i < handles.Count; i++)
        {
            Assert.Equal($"{i}1{i}2", await both.Client.Execution<string>(handles[i]).ResultAsync(Token));
        }

        var keys = new HashSet<string?>();
        foreach (var id in handles)
        {
            keys.UnionWith((await StoredAsync(id)).Select(payload => payload.KeyId));
        }

        Assert.Contains("k1", keys);
        Assert.Contains("k2", keys);
    }

    [Fact]
    public async Task What_schedules_start_and_what_is_forked_is_encrypted_for_its_own_rows()
    {
        ExecutionId scheduled;
        await using (var first = await OpenAsync(new KeyRing(Old), TwoSteps))
        {
            await first.Client.Schedules.PutAsync(
                new("daily", "test", Timetable.Every(TimeSpan.FromDays(1)))
                {
                    Input = Payload.Create(Encoding.UTF8.GetBytes($"\"{Canary}\"")),
                },
                Token);
            scheduled = (await first.Client.Schedules.TriggerAsync("daily", cancellationToken: Token))!.Id;
            Assert.Equal(TwoResults, await first.Client.Execution<string>(scheduled).ResultAsync(Token));
            Assert.Equal("k1", await ScheduleKeyAsync());
        }

        await using var engine = await OpenAsync(new KeyRing(New, Old), TwoSteps);
        var fork = await engine.Client.Execution<string>(scheduled).ForkAsync("two", null, Token);
        var next = (await engine.Client.Schedules.TriggerAsync("daily", cancellationToken: Token))!.Id;
        var results = (await fork.ResultAsync(Token), await engine.Client.Execution<string>(next).ResultAsync(Token));

        Assert.Equal((TwoResults, TwoResults), results);
        Assert.Equal("k2", await ScheduleKeyAsync()); // It is written anew whenever it fires.
        foreach (var (id, key) in new[] { (scheduled, "k1"), (fork.Id, "k2"), (next, "k2") })
        {
            var stored = await StoredAsync(id);
            Assert.Equal([key], stored.Select(payload => payload.KeyId).OfType<string>().Distinct());
            Assert.All(
                stored, payload => Assert.Equal(-1, payload.Envelope.Span.IndexOf(Encoding.UTF8.GetBytes(Canary))));
        }
    }

    [Fact]
    public async Task A_shredded_subject_is_unreadable_everywhere_and_others_go_on()
    {
        await using var engine = await OpenAsync(new KeyRing(Old), SleepAsAsked);
        var workflow = engine.Client.Workflow<string, string>("test");
        var ended = await workflow.StartAsync($"{Canary}0", new() { Subject = "ada" }, Token);
        await ended.ResultAsync(Token);
        var fork = await ended.ForkAsync("one", null, Token);
        await fork.ResultAsync(Token);
        await using var second = await OpenAsync(new KeyRing(New, Old), SleepAsAsked);
        var before = await second.Client.Execution<string>(ended.Id).ResultAsync(Token);
        var sleeping = await workflow.StartAsync($"{Canary}3000", new() { Subject = "ada" }, Token);
        var other = await workflow.StartAsync($"{Canary}3001", new() { Subject = "bob" }, Token);
        await UntilAsync(sleeping, ExecutionState.Sleeping);
        await UntilAsync(other, ExecutionState.Sleeping);

        var had = await engine.Client.ShredAsync("ada", Token);

        Assert.Equal(($"{Canary}0", true), (before, had));
        foreach (var handle in new[] { ended, fork })
        {
            await Assert.ThrowsAsync<PayloadException>(() => handle.ResultAsync(Token));
            Assert.DoesNotContain(Canary, ExecutionJson.Format(await handle.DescribeAsync(Token)));
        }

        var failed = await Assert.ThrowsAsync<WorkflowFailedException>(() => sleeping.ResultAsync(Token));
        Assert.Equal("Hydra.SubjectShredded", failed.Failure!.Type);
        Assert.Equal($"{Canary}3001", await other.ResultAsync(Token));
        var refused = await Assert.ThrowsAsync<PayloadException>(
            () => workflow.StartAsync(Canary, new() { Subject = "ada" }, Token));
        Assert.True(refused.IsShredded);
        await using var third = await OpenAsync(new KeyRing(New, Old), SleepAsAsked);
        await Assert.ThrowsAsync<PayloadException>(() => third.Client.Execution<string>(ended.Id).ResultAsync(Token));
    }

    /// <summary>Says where the engine keeps its executions.</summary>
    protected abstract void Use(HydraBuilder hydra);

    /// <summary>Opens the store past the engine, and with it past every codec.</summary>
    protected abstract IWorkflowStore OpenStore();

    /// <summary>A table's or view's whole name.</summary>
    protected abstract string Table(string name);

    protected abstract Task<DbConnection> ConnectAsync();

    protected abstract Task DropAsync();

    private static async Task<string> TwoSteps(WorkflowContext context, string input)
    {
        var one = await context.StepAsync("one", input, (value, _) => Task.FromResult($"{value}1"));
        var two = await context.StepAsync("two", input, (value, _) => Task.FromResult($"{value}2"));
        await context.SleepAsync(TimeSpan.FromMilliseconds(200));
        return await context.StepAsync("three", (one, two), (values, _) => Task.FromResult(values.one + values.two));
    }

    /// <summary>Sleeps for as many milliseconds as stand behind the canary.</summary>
    private static async Task<string> SleepAsAsked(WorkflowContext context, string input)
    {
        var one = await context.StepAsync("one", input, (value, _) => Task.FromResult(value));
        await context.SleepAsync(TimeSpan.FromMilliseconds(int.Parse(
            input.AsSpan(Canary.Length), System.Globalization.CultureInfo.InvariantCulture)));
        return one;
    }

    private static async Task<string> Everything(WorkflowContext context, string input)
    {
        var landed = await context.TransactionAsync("lands", input, (_, value, _) => Task.FromResult(value));
        try
        {
            await context.StepAsync("fails", landed, Fail, new()
            {
                Retry = new() { MaxAttempts = 2, Backoff = TimeSpan.FromMilliseconds(1) },
            });
        }
        catch (StepFailedException)
        {
            // What follows fails as well.
        }

        throw new InvalidOperationException($"Everything broke: {input}");

        static Task<string> Fail(string value, CancellationToken token) =>
            throw new InvalidOperationException($"It broke: {value}");
    }

    private Task<HydraEngine> OpenAsync(KeyRing keys, Func<WorkflowContext, string, Task<string>> run) =>
        HydraEngine.OpenAsync(
            hydra =>
            {
                Use(hydra);
                hydra.Payloads.Encrypt(keys);
                hydra.AddWorkflow("test", run);
                hydra.AddWorker(worker => worker with { PollInterval = TimeSpan.FromMilliseconds(200) });
            },
            Token);

    private async Task<List<ExecutionId>> StartManyAsync(HydraEngine engine, int from)
    {
        var workflow = engine.Client.Workflow<string, string>("test");
        var started = await Task.WhenAll(
            Enumerable.Range(from, 20).Select(number => workflow.StartAsync($"{number}", null, Token)));
        return [.. started.Select(handle => handle.Id)];
    }

    private async Task UntilAsync(ExecutionHandle handle, ExecutionState state)
    {
        while ((await handle.StatusAsync(Token)).State != state)
        {
            Token.ThrowIfCancellationRequested(); // The database takes its time to answer.
        }
    }

    private async Task<List<Payload>> StoredAsync(ExecutionId id)
    {
        await using var store = OpenStore();
        var journal = await store.Queries.ReadJournalAsync(id, -1, 1_000, Token);
        var tries = await store.Queries.ReadTriesAsync(id, Token);
        return
        [
            .. tries.SelectMany(row => new[] { row.Input, row.Output, row.Failure })
                .Concat(journal.SelectMany(entry => new[] { entry.Input, entry.Output }))
                .Where(payload => !payload.IsNone),
        ];
    }

    private async Task<string?> ScheduleKeyAsync()
    {
        await using var store = OpenStore();
        return (await store.Schedules!.FindAsync("daily", Token))!.Input.KeyId;
    }

    private async Task SwapOutputsAsync()
    {
        await using var connection = await ConnectAsync();
        var outputs = new byte[3][];
        for (var seq = 1; seq <= 2; seq++)
        {
            await using var read = connection.CreateCommand();
            read.CommandText = $"SELECT output FROM {Table("journal")} WHERE seq = {seq}";
            outputs[seq] = Assert.IsType<byte[]>(await read.ExecuteScalarAsync(Token));
        }

        for (var seq = 1; seq <= 2; seq++)
        {
            await using var write = connection.CreateCommand();
            write.CommandText = $"UPDATE {Table("journal")} SET output = @output WHERE seq = {seq}";
            var output = write.CreateParameter();
            (output.ParameterName, output.Value) = ("output", outputs[3 - seq]);
            write.Parameters.Add(output);
            Assert.Equal(1, await write.ExecuteNonQueryAsync(Token));
        }
    }

    private async Task<string> LookAsync(string view, string column)
    {
        await using var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {column} FROM {Table(view)}";
        return Assert.IsType<string>(await command.ExecuteScalarAsync(Token));
    }
}
