using Hydra;
using Transfers;

if (args is ["--help"] or ["-h"])
{
    Console.WriteLine(SampleOptions.Help);
    return 0;
}

using var stopping = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true; // The process ends when the engine has handed its work back, not before.
    stopping.Cancel();
};

try
{
    var options = SampleOptions.Parse(args);
    var opening = new Opening(Accounts: 10, Balance: 100);
    var claimTimeout = TimeSpan.FromSeconds(4); // After kill -9 the next process takes over that soon.
    await using var hydra = await HydraEngine.OpenAsync(
        builder =>
        {
            builder.UseDatabase(options.DatabaseUrl, claimTimeout);
            builder.AddWorkflow<OpenAccounts>();
            builder.AddWorkflow<MoveMoney>();
            builder.AddWorker(worker => worker with
            {
                ClaimTimeout = claimTimeout,
                HeartbeatInterval = claimTimeout / 3,
            });
        },
        stopping.Token);
    var database = new Database(options.DatabaseUrl);
    await database.MigrateAsync(stopping.Token);

    // Keys make the starts idempotent: the second time the program runs, these are the executions of the first.
    var opened = await hydra.Client.Workflow<OpenAccounts>().StartAsync(
        opening, new() { Key = "open-accounts" }, stopping.Token);
    await opened.ResultAsync(stopping.Token);

    var random = new Random(1); // The same transfers each time, too.
    var transfers = new List<Task>();
    for (var number = 1; number <= options.Transfers; number++)
    {
        var source = random.Next(opening.Accounts);
        var target = (source + random.Next(1, opening.Accounts)) % opening.Accounts;
        transfers.Add(MoveAsync(hydra.Client, new(number, source + 1, target + 1, random.Next(1, 80)), stopping.Token));
        await Task.Delay(options.Pause, stopping.Token);
    }

    await Task.WhenAll(transfers);
    var (money, paid) = await database.CountAsync(stopping.Token);
    Console.WriteLine($"{paid} transfers are in the ledger. The accounts hold {money}, of {opening.Money} at first.");
    return money == opening.Money ? 0 : 1;
}
catch (OperationCanceledException) when (stopping.IsCancellationRequested)
{
    Console.WriteLine("Stopped. Run it again: it continues where it was.");
    return 130;
}
catch (FormatException e)
{
    Console.Error.WriteLine($"{e.Message} See --help.");
    return 2;
}
catch (HydraException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

static async Task MoveAsync(IHydraClient client, Transfer transfer, CancellationToken cancellationToken)
{
    var execution = await client.Workflow<MoveMoney>().StartAsync(
        transfer, new() { Key = $"transfer-{transfer.Number}" }, cancellationToken);
    var receipt = await execution.ResultAsync(cancellationToken);
    Console.WriteLine(
        $"  {transfer.Number}: {transfer.Amount} from {transfer.Source} to {transfer.Target}: "
        + $"{(receipt.Paid ? "paid" : "refused")}, {receipt.Remark}");
}
