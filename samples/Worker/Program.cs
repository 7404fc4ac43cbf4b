using Hydra;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Onboarding;
using Worker;
using Worker.Scripted;

try
{
    var settings = WorkerSettings.Read(Environment.GetEnvironmentVariable);
    var builder = Host.CreateApplicationBuilder(args);
    builder.Services.AddSingleton<IEmailSender>(new OutboxMailer("outbox.jsonl"));
    builder.Services.AddHydra(hydra =>
    {
        hydra.UseDatabase(settings.DatabaseUrl, settings.Worker.ClaimTimeout);
        hydra.Namespace = settings.Namespace;
        hydra.AddWorkflow<UserOnboarding>();
        hydra.AddWorkflow<ScriptedWorkflow>("scripted");
        hydra.AddWorker(_ => settings.Worker);
    });

    await builder.Build().RunAsync();
    return 0;
}
catch (OperationCanceledException)
{
    return 0; // Asked to end before it had begun.
}
catch (Exception e) when (e is FormatException or ArgumentException)
{
    Console.Error.WriteLine($"worker: {e.Message}");
    return 2;
}
catch (HydraException e)
{
    Console.Error.WriteLine($"worker: {e.Message}");
    return 1;
}
