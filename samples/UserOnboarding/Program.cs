using System.Runtime.InteropServices;
using Hydra;
using Hydra.Sqlite;
using Hydra.Storage;
using Onboarding;

if (args is ["--help"] or ["-h"])
{
    Console.WriteLine(SampleOptions.Help);
    return 0;
}

using var stopping = new CancellationTokenSource();
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true; // The process ends when the engine has handed its work back, not before.
    stopping.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    var options = SampleOptions.Parse(args);
    await using var hydra = await HydraEngine.OpenAsync(
        builder =>
        {
            var mailer = new OutboxMailer(options.Outbox);
            builder.UseSqlite(new SqliteStoreOptions
            {
                Path = options.Database,
                BusyTimeout = TimeSpan.FromSeconds(1.5), // Half the claim timeout below.
            });
            builder.AddWorkflow(_ => new UserOnboarding(mailer));

            // After kill -9 the next process takes over within seconds; the default of 15 s suits slower networks.
            builder.AddWorker(worker => worker with
            {
                ClaimTimeout = TimeSpan.FromSeconds(3),
                HeartbeatInterval = TimeSpan.FromSeconds(1),
            });
        },
        stopping.Token);

    var execution = await StartOrContinueAsync(hydra.Client, options, stopping.Token);
    await new Progress(execution).FollowAsync(stopping.Token);
    var result = await execution.ResultAsync(stopping.Token);
    Console.WriteLine($"Onboarded: {result}.");
    Console.WriteLine(
        $"The mails are in {options.Outbox}. A step's body runs at least once, and its outcome is recorded exactly "
        + "once: the outbox knows each mail by its key, so that none is in it twice.");
    return 0;
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

static async Task<ExecutionHandle<OnboardingResult>> StartOrContinueAsync(
    IHydraClient client, SampleOptions options, CancellationToken cancellationToken)
{
    // One key per onboarding of a user: "onboard-user-123", then "onboard-user-123/2" and so on.
    var key = $"onboard-{options.User.UserId}";
    var filter = new ExecutionFilter { Workflow = client.Workflow<UserOnboarding>().Name, Limit = 1000 };
    var earlier = (await client.ListAsync(filter, cancellationToken))
        .Where(row => row.Key == key || row.Key?.StartsWith(key + "/", StringComparison.Ordinal) == true)
        .ToList();
    if (earlier is [var latest, ..] && !(options.Again && latest.State.IsTerminal()))
    {
        Console.WriteLine(latest.State.IsTerminal()
            ? $"{options.User.UserId} is onboarded already; --again does it once more. Execution {latest.Id}:"
            : $"Continuing the onboarding of {options.User.UserId}, execution {latest.Id}:");
        return client.Execution<OnboardingResult>(latest.Id);
    }

    // The key makes the start idempotent: had another process been faster, this would give its execution.
    var execution = await client.Workflow<UserOnboarding>().StartAsync(
        options.User,
        new() { Key = earlier.Count == 0 ? key : $"{key}/{earlier.Count + 1}" },
        cancellationToken);
    Console.WriteLine($"Started the onboarding of {options.User.UserId}, execution {execution.Id}:");
    return execution;
}
