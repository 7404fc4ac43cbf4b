using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Hydra.Soak.Servers;
using Hydra.Soak.Support;
using Hydra.Soak.Transfers;

namespace Hydra.Soak;

/// <summary>
/// A process that stands still within a transaction, whose locks it cannot give back: the server ends it, so that
/// another worker finishes what it has begun, and strangers get at the rows.
/// </summary>
public abstract class StoppedBodyTests : SceneTest
{
    private const double ClaimTimeout = 4; // Seconds. The transaction may idle for half of that.
    private const double Within = ClaimTimeout + 6; // It takes one to claim; the others are for a busy machine.

    private readonly SoakServer _server;

    private protected StoppedBodyTests(SoakServer server)
    {
        _server = Scene.Keep(server);
        Scene.Url = server.Url;
    }

    [Fact]
    public async Task Who_stands_still_within_a_transaction_holds_up_nobody_for_long()
    {
        var bank = new Bank(ConnectAsync);
        var client = await Scene.OpenClientAsync();
        await bank.OpenAsync();
        var transfer = new Transfer(1, 2, 30);
        var still = StartTeller("still", lingers: true);
        var handle = await client.StartAsync("transfer", transfer.Input, new() { MaxAttempts = 1 }, Cancellation);
        await WritesAsync(still); // So that nobody else runs it.
        StartTeller("other", lingers: false);
        await Eventually.HoldsAsync("The other one is there", async () =>
            (await client.WorkersAsync(Cancellation)).Any(static session => session.Worker == "other"));

        await StopWithinBodyAsync(still);
        var begun = Stopwatch.GetTimestamp();
        var took = await Task.WhenAll(
            ElapsedAsync(TakeRowAsync(), begun), ElapsedAsync(handle.WaitAsync(Cancellation), begun));

        Figures.Write($"Stopped within a transaction on {_server.Name}", string.Create(
            CultureInfo.InvariantCulture,
            $"its row was free after {took[0].TotalSeconds:0.0} s, and its execution had ended after "
            + $"{took[1].TotalSeconds:0.0} s; claim timeout {ClaimTimeout} s"));
        still.Signal(UnixSignal.Continue);
        still.Signal(UnixSignal.Terminate);
        Assert.Equal(0, await still.ExitAsync());
        Assert.Equal(transfer, Assert.Single(await bank.LedgerAsync()).Transfer);
        Assert.Equal(Bank.Money, await bank.SumAsync());
    }

    private ProgramProcess StartTeller(string name, bool lingers) => Scene.StartTeller(
        name,
        ("HYDRA_CLAIM_TIMEOUT", $"{ClaimTimeout}s"),
        ("HYDRA_HEARTBEAT_INTERVAL", "1s"),
        ("TELLER_LINGERS", lingers ? "1" : ""));

    /// <summary>Stops it while its transaction is open; its body begins again and again.</summary>
    private async Task StopWithinBodyAsync(ProgramProcess teller)
    {
        do
        {
            teller.Signal(UnixSignal.Continue);
            await WritesAsync(teller);
            teller.Signal(UnixSignal.Stop);
        }
        while (await IsFreeAsync());
    }

    /// <summary>Waits until a body has written from now on.</summary>
    private static Task WritesAsync(ProgramProcess teller)
    {
        var before = Count();
        return Eventually.HoldsAsync("A body has written", () => Count() > before);

        int Count() => teller.Output.Split("written").Length;
    }

    private static async Task<TimeSpan> ElapsedAsync(Task task, long begun)
    {
        await task.WaitAsync(TimeSpan.FromSeconds(Within), Cancellation);
        return Stopwatch.GetElapsedTime(begun);
    }

    /// <summary>Whether nobody has the lock of the row that is written first.</summary>
    private async Task<bool> IsFreeAsync()
    {
        try
        {
            await ExecuteAsync("SELECT balance FROM accounts WHERE id = 1 FOR UPDATE NOWAIT");
            return true;
        }
        catch (DbException)
        {
            return false;
        }
    }

    /// <summary>Waits for the lock of that row.</summary>
    private Task TakeRowAsync() => ExecuteAsync("UPDATE accounts SET balance = balance WHERE id = 1");

    private async Task ExecuteAsync(string statement)
    {
        await using var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = statement;
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private async Task<DbConnection> ConnectAsync()
    {
        var connection = _server.Connect();
        await connection.OpenAsync(Cancellation);
        return connection;
    }
}
