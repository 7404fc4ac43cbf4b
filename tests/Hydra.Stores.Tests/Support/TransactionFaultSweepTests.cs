using System.Data.Common;
using System.Globalization;
using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Stores.Tests;

/// <summary>
/// A workflow with a transactional step, and starts in the transaction of a caller, on one store: once for every call
/// that is made and every way in which it can fail. What a user wrote and what the engine knows are one.
/// </summary>
public abstract class TransactionFaultSweepTests<THarness> : IAsyncLifetime
    where THarness : StoreHarness, new()
{
    private readonly string _table = $"ledger_{Guid.NewGuid():N}";
    private readonly THarness _harness = new();

    /// <summary>How many calls of each kind fail.</summary>
    protected virtual int MostCalls => 12;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _harness.OpenAsync(cancellationToken: Token);
        await ExecuteAsync($"CREATE TABLE {_table} (owner VARCHAR(100) NOT NULL)");
    }

    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync($"DROP TABLE {_table}");
        await _harness.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [MemberData(nameof(FaultRows.OfSteps), MemberType = typeof(FaultRows))]
    public async Task A_transactional_step_has_one_effect_and_one_checkpoint(StoreCallKind kind, string name)
    {
        var fault = FaultRows.Named(kind, name);
        foreach (var before in FaultsBefore(kind))
        {
            var number = 0;
            while (number < MostCalls && await RunStepAsync(new FaultScript(new(kind, number + 1), fault, before)))
            {
                number++;
            }

            Assert.True(number > 0, $"No call of {kind} was made to fail, {before} before it.");
        }
    }

    [Theory]
    [MemberData(nameof(FaultRows.OfStarts), MemberType = typeof(FaultRows))]
    public async Task Starts_in_a_transaction_come_with_it_or_not_at_all(StoreCallKind kind, string name)
    {
        var fault = FaultRows.Named(kind, name);
        var number = 0;
        while (number < MostCalls && await RunStartsAsync(new FaultScript(new(kind, number + 1), fault, before: null)))
        {
            number++;
        }

        Assert.Equal(2, number);
    }

    /// <summary>A caller who passes a failure over, and commits what is its own.</summary>
    [Theory]
    [MemberData(nameof(FaultRows.OfRefusals), MemberType = typeof(FaultRows))]
    public async Task A_transaction_whose_start_failed_goes_on_without_it_or_has_ended(string name, bool goesOn)
    {
        await using var world = new World(_harness.Clock);
        var script = new FaultScript(
            new(StoreCallKind.Write, 1), FaultRows.Named(StoreCallKind.Write, name), before: null);
        var service = new FaultyService(world, _harness, script, static (_, input) => Task.FromResult(input));
        var owner = Guid.NewGuid().ToString("N");

        var (told, committed) = await service.WorkAsync(client => StartAndGoOnAsync(client, owner));

        Assert.Equal((true, goesOn), (told, committed));
        Assert.Equal((goesOn ? 1 : 0, 0), (await CountAsync(owner), await service.CountAsync()));
        await world.CloseAsync();
    }

    /// <summary>A bar needs a doubt, and a result is read only where the process that committed it is gone.</summary>
    private static StoreFault?[] FaultsBefore(StoreCallKind kind) => kind switch
    {
        StoreCallKind.Bar =>
            [StoreFault.AfterCall, StoreFault.BeforeCall(StoreErrorKind.InDoubt), StoreFault.LateCall],
        StoreCallKind.ReadLanded => [StoreFault.CrashAfterCall],
        _ => [null],
    };

    private async Task<bool> RunStepAsync(FaultScript script)
    {
        await using var world = new World(_harness.Clock);
        var service = new FaultyService(world, _harness, script, (context, input) => RunAsync(world, context, input));
        await CheckStepAsync(await service.EndOfAsync(await service.StartAsync("first")), script);

        script.IsOver = true; // What comes now must go well.
        var next = await service.EndOfAsync(await service.StartAsync("next"));
        Assert.Equal((ExecutionState.Completed, 1), (next.Row.State, await CountAsync($"{next.Row.Id}")));
        await world.CloseAsync();
        return script.IsReached;
    }

    private async Task<int> RunAsync(World world, WorkflowContext context, int input)
    {
        var one = await context.StepAsync("one", input, static (value, _) => Task.FromResult(value + 1));
        var written = await context.TransactionAsync(
            "write",
            one,
            (transaction, value, _) => world.Counted(async () =>
            {
                await WriteAsync(transaction, $"{context.ExecutionId}");
                return value + 1;
            }));
        await context.SleepAsync(TimeSpan.FromSeconds(2));
        return await context.StepAsync("sum", written, static (value, _) => Task.FromResult(value + 2));
    }

    private async Task CheckStepAsync(ExecutionDetails details, FaultScript script)
    {
        var effects = await CountAsync($"{details.Row.Id}");
        var landed = details.Tries.Count(static one => one is { Phase: TryPhase.Landed, Failure.IsNone: true });
        var told = $"{script}: {effects} effects, {landed} results. {details.Row}";
        Assert.True(effects == landed && effects <= 1, told);
        Assert.Equal(Enumerable.Range(0, details.Journal.Count), details.Journal.Select(entry => (int)entry.Seq));
        if (script is { IsReached: true, Failing.Kind: StoreCallKind.Land, Fault.Kind: StoreErrorKind.Deterministic })
        {
            Assert.True((details.Row.State, effects) == (ExecutionState.Failed, 0), told);
            var failure = $"{Failure.Read(details.Journal[^1].Output)}";
            Assert.Contains("cannot be stored", failure, StringComparison.Ordinal);
            return; // A result that the store refuses for good fails its step, which has had no effect.
        }

        if (script is { Failing.Kind: StoreCallKind.Commit, Fault.Kind: StoreErrorKind.Deterministic })
        {
            Assert.True(details.Row.State is ExecutionState.Completed or ExecutionState.Failed, told);
            return; // What the store refuses for good becomes a failure of the step, or of the execution.
        }

        Assert.True((details.Row.State, effects) == (ExecutionState.Completed, 1), told);
        Assert.Equal("5", System.Text.Encoding.UTF8.GetString(details.Journal[^1].Output.Data.Span));
        Assert.Equal(
            ["one", "sum", "write"],
            details.Journal.Where(static entry => entry.Kind == EntryKind.Step && !entry.Failed)
                .Select(static entry => entry.Key).Order());
    }

    private async Task<bool> RunStartsAsync(FaultScript script)
    {
        await using var world = new World(_harness.Clock);
        var service = new FaultyService(world, _harness, script, static (_, input) => Task.FromResult(input));
        var owner = Guid.NewGuid().ToString("N");

        var handles = await service.WorkAsync(client => StartTwoAsync(client, owner));

        foreach (var handle in handles)
        {
            Assert.Equal(ExecutionState.Completed, (await service.EndOfAsync(handle)).Row.State);
        }

        Assert.Equal((2, 2), (await CountAsync(owner), await service.CountAsync()));
        await world.CloseAsync();
        return script.IsReached;
    }

    /// <summary>Two rows and two starts in one transaction, without keys: what a lost one left would be seen.</summary>
    private async Task<ExecutionHandle<int>[]> StartTwoAsync(IHydraClient client, string owner)
    {
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var handles = new ExecutionHandle<int>[2];
        for (var i = 0; i < handles.Length; i++)
        {
            await WriteAsync(transaction, owner);
            handles[i] = await client.In(transaction).Workflow<int, int>("test")
                .StartAsync(i, cancellationToken: Token);
        }

        await transaction.CommitAsync(Token);
        return handles;
    }

    private async Task<(bool Told, bool Committed)> StartAndGoOnAsync(IHydraClient client, string owner)
    {
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await WriteAsync(transaction, owner);
        var told = await Record.ExceptionAsync(() => client.In(transaction).Workflow<int, int>("test").StartAsync(
            1, cancellationToken: Token));
        var ended = await Record.ExceptionAsync(() => transaction.CommitAsync(Token));
        return (told is not null, ended is null);
    }

    private async Task WriteAsync(DbTransaction transaction, string owner)
    {
        await using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"INSERT INTO {_table} VALUES ('{owner}')";
        await command.ExecuteNonQueryAsync(Token);
    }

    private async Task<int> CountAsync(string owner) => Convert.ToInt32(
        await ExecuteAsync($"SELECT count(*) FROM {_table} WHERE owner = '{owner}'"), CultureInfo.InvariantCulture);

    private async Task<object?> ExecuteAsync(string text)
    {
        await using var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = text;
        return await command.ExecuteScalarAsync(Token);
    }

    private async Task<DbConnection> ConnectAsync() => (await _harness.OpenConnectionAsync())!;
}
