using System.Reflection;

namespace Hydra.Stores.Tests;

/// <summary>
/// A database of the first release, with executions in the middle of their lives: it is migrated, and all of them come
/// to the ends that they would have come to.
/// </summary>
/// <remarks>
/// The rows are written by plain SQL, byte for byte what the first release wrote, so that nothing of this version takes
/// part in making them.
/// </remarks>
public abstract class UpgradeTests : IAsyncDisposable
{
    private const string One = "0101000000006B86B273FF34FCE19D6B804EFF5A31"; // A header of 20 bytes, then 1.
    private const string Two = "010100000000D4735E3A265E16EEE03F59718B9B32";
    private const string Twenty = "010100000000F5CA38F748A1D6EAF726B8A42FB53230";

    /// <summary>{"type":"System.InvalidOperationException","message":"no"}.</summary>
    private const string No = "0101000000003AA0F8C64CA80F52818A8121F5D4"
        + "7B2274797065223A2253797374656D2E496E76616C69644F7065726174696F6E457863657074696F6E222C226D657373616765223A"
        + "226E6F227D";

    private const string Never = "9223372036854775807";
    private const string Dead = "77"; // A session whose lease has ended.

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private int _executions;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Executions_of_the_first_release_go_on_after_the_upgrade_and_end_as_they_would_have()
    {
        await CreateFirstAsync();
        await InsertAsync("sessions", SessionRow());
        var pending = await WriteAsync(state: 0, lastSeq: 0, [Input]);
        var running = await WriteAsync(state: 1, lastSeq: 0, [Input, StepOne], owner: Dead);
        var sleeping = await WriteAsync(state: 2, lastSeq: 1, [Input, StepOne], waitsFor: "sleep");
        var retrying = await WriteAsync(state: 2, lastSeq: 0, [Input], waitsFor: "one");
        await InsertAsync("attempts", FailedTry(), Number(retrying));
        var blocked = await WriteAsync(state: 5, lastSeq: 1, [Input, StepOne], dueAt: Never, blockedReason: 1);
        await InsertAsync("refusals", Refusal(), Number(blocked));
        var cancelled = await WriteAsync(state: 2, lastSeq: 1, [Input, StepOne], waitsFor: "sleep", requests: 1);
        var completed = await WriteAsync(state: 6, lastSeq: 3, [Input, StepOne, StepTwo, End(Twenty, failed: false)]);
        var failed = await WriteAsync(state: 7, lastSeq: 1, [Input, EndAt(1, No, failed: true)]);

        await using var engine = await HydraEngine.OpenAsync(
            hydra =>
            {
                Use(hydra);
                hydra.AddWorkflow<int, int>("order", OrderAsync);
                hydra.AddWorker();
            },
            Token);

        foreach (var id in new[] { pending, running, sleeping, retrying, blocked, completed })
        {
            Assert.Equal(20, await Handle(id).ResultAsync(Token).WaitAsync(Patience, Token));
        }

        var end = await Assert.ThrowsAsync<WorkflowFailedException>(
            () => Handle(cancelled).ResultAsync(Token).WaitAsync(Patience, Token));
        Assert.Equal(ExecutionState.Cancelled, end.State);
        var error = await Assert.ThrowsAsync<WorkflowFailedException>(() => Handle(failed).ResultAsync(Token));
        Assert.Equal("no", error.Failure!.Message);
        Assert.Equal(1, (await Handle(running).DescribeAsync(Token)).Row.Crashes);
        Assert.Equal(1, (await Handle(sleeping).DescribeAsync(Token)).Journal[1].Epoch); // Written by the old one.
        Assert.Equal(8, (await engine.Client.ListAsync(cancellationToken: Token)).Count);

        ExecutionHandle<int> Handle(Guid id) => engine.Client.Execution<int>(new ExecutionId(id));
    }

    public async ValueTask DisposeAsync()
    {
        await DropAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes the tables of the first release, and says that they are of version 1.</summary>
    protected abstract Task CreateFirstAsync();

    /// <summary>Runs a statement.</summary>
    protected abstract Task ExecuteAsync(string statement);

    protected abstract void Use(HydraBuilder hydra);

    protected abstract Task DropAsync();

    /// <summary>The table's whole name.</summary>
    protected abstract string Table(string name);

    /// <summary>Bytes as they are written in SQL.</summary>
    protected virtual string Bytes(string hex) => $"X'{hex}'";

    protected virtual string Truth(bool value) => value ? "1" : "0";

    /// <summary>What a row of an execution has for its id, besides what all have.</summary>
    private protected abstract Dictionary<string, string> IdOf(Guid id, int number);

    /// <summary>What a row that belongs to an execution has for its key.</summary>
    private protected abstract Dictionary<string, string> KeyOf(Guid id, int number);

    /// <summary>What a session has besides what all have.</summary>
    private protected virtual Dictionary<string, string> SessionExtras => [];

    /// <summary>Where executions stand that have ended, and what they have there besides.</summary>
    private protected virtual (string Table, Dictionary<string, string> Extras) Ended => ("executions", []);

    /// <summary>The script that the first release brought.</summary>
    protected static string FirstScript(Assembly assembly)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream("0001_initial.sql")!);
        return reader.ReadToEnd();
    }

    private static async Task<int> OrderAsync(WorkflowContext context, int input)
    {
        var one = await context.StepAsync("one", input, static (value, _) => Task.FromResult(value + 1));
        await context.SleepAsync(TimeSpan.FromSeconds(1));
        return await context.StepAsync("two", one, static (value, _) => Task.FromResult(value * 10));
    }

    private Dictionary<string, string> Input => Entry(0, kind: 0, "", input: One);

    private Dictionary<string, string> StepOne => Entry(1, kind: 1, "one", input: One, output: Two, attempt: 1);

    private Dictionary<string, string> StepTwo =>
        Entry(2, kind: 1, "two", input: Two, output: Twenty, attempt: 1, position: 1);

    private Dictionary<string, string> End(string output, bool failed) => EndAt(3, output, failed);

    private Dictionary<string, string> EndAt(int seq, string output, bool failed) =>
        Entry(seq, kind: 8, "", output: output, failed: failed);

    private Dictionary<string, string> Entry(
        int seq,
        int kind,
        string key,
        string? input = null,
        string? output = null,
        int attempt = 0,
        int position = 0,
        bool failed = false) => new()
        {
            ["seq"] = $"{seq}",
            ["kind"] = $"{kind}",
            [Quoted("key")] = $"'{key}'",
            ["position"] = $"{position}",
            ["ordinal"] = "0",
            ["failed"] = Truth(failed),
            ["input"] = input is null ? "NULL" : Bytes(input),
            ["output"] = output is null ? "NULL" : Bytes(output),
            ["at"] = "1767225600000000",
            ["started_at"] = "1767225600000000",
            ["attempt"] = $"{attempt}",
            ["epoch"] = seq == 0 ? "0" : "1",
            ["origin_seq"] = "0",
            ["worker"] = seq == 0 ? "''" : "'old'",
        };

    private Dictionary<string, string> FailedTry() => new()
    {
        [Quoted("key")] = "'one'",
        ["attempt"] = "1",
        ["epoch"] = "1",
        ["phase"] = "1",
        ["execution_attempt"] = "1",
        ["input"] = Bytes(One),
        ["failure"] = Bytes(No),
        ["started_at"] = "1767225600000000",
        ["ended_at"] = "1767225600000000",
        ["retry_at"] = "1767225601000000",
        ["worker"] = "'old'",
    };

    private Dictionary<string, string> Refusal() => new()
    {
        ["build"] = "'old'",
        ["difference"] = Bytes(No),
        ["at"] = "1767225600000000",
    };

    private Dictionary<string, string> SessionRow() => new(SessionExtras)
    {
        ["namespace"] = "'default'",
        ["id"] = Dead,
        ["worker"] = "'old'",
        ["build"] = "'old'",
        ["host"] = "'gone'",
        ["concurrency"] = "20",
        ["heartbeat_interval"] = "5000000",
        ["claim_timeout"] = "15000000",
        ["started_at"] = "1767225600000000",
        ["last_beat_at"] = "1767225600000000",
        ["on_time_since"] = "1767225600000000",
        ["expires_at"] = "1767225615000000",
    };

    private async Task<Guid> WriteAsync(
        int state,
        int lastSeq,
        Dictionary<string, string>[] journal,
        string owner = "0",
        string dueAt = "1767225602000000",
        string waitsFor = "",
        int blockedReason = 0,
        int requests = 0)
    {
        var (id, hasEnded) = (IdNumbered(++_executions), state >= 6);
        var row = IdOf(id, _executions);
        foreach (var (column, value) in new (string, string)[]
        {
            ("namespace", "'default'"), ("workflow", "'order'"), ("input_hash", "'6b86b273ff34fce19d6b804eff5a'"),
            ("priority", "2"), ("max_attempts", "3"), ("retry_backoff", "1000000"), ("attempt", "1"),
            ("created_at", "1767225600000000"), ("started_at", state == 0 ? "NULL" : "1767225600000000"),
            ("state", $"{state}"), ("epoch", state == 0 ? "0" : "1"), ("due_at", dueAt),
            ("settled_epoch", state is 0 or 1 ? "0" : "1"), ("last_seq", $"{lastSeq}"), ("mail", $"{requests}"),
            ("waits_for", $"'{waitsFor}'"),
        })
        {
            row[column] = value;
        }

        (string Column, string Value)[] rest = hasEnded
            ? [("finished_at", "1767225601000000")]
            : [("owner", owner), ("blocked_reason", $"{blockedReason}"), ("requests", $"{requests}")];
        foreach (var (column, value) in rest)
        {
            row[column] = value;
        }

        foreach (var (column, value) in hasEnded ? Ended.Extras : [])
        {
            row[column] = value;
        }

        await InsertAsync(hasEnded ? Ended.Table : "executions", row);
        foreach (var entry in journal)
        {
            await InsertAsync("journal", entry, Number(id));
        }

        return id;
    }

    private Dictionary<string, string> Number(Guid id) => KeyOf(id, NumberOf(id));

    private Task InsertAsync(string table, params Dictionary<string, string>[] parts)
    {
        var row = parts.SelectMany(static part => part).ToList();
        return ExecuteAsync(
            $"INSERT INTO {Table(table)} ({string.Join(", ", row.Select(static pair => pair.Key))}) "
            + $"VALUES ({string.Join(", ", row.Select(static pair => pair.Value))})");
    }

    /// <summary>How a column is written whose name is a word of the language.</summary>
    protected virtual string Quoted(string column) => column;

    private static Guid IdNumbered(int number) => new($"019b76da-a800-7000-8000-0000000000{number:x2}");

    private static int NumberOf(Guid id) => id.ToByteArray(bigEndian: true)[^1];
}
