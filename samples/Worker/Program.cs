using Billing;
using DataPipeline;
using Hydra;
using Onboarding;
using OrderProcessing;
using Samples;
using Worker;
using Worker.Scripted;

if (args is ["probe", var address])
{
    return await Probe.RunAsync(address);
}

try
{
    var settings = WorkerSettings.Read(Environment.GetEnvironmentVariable);
    await using var app = settings.ServesHttp ? BuildWeb(args) : null;
    using var host = app ?? BuildPlain(args);
    await host.RunAsync();
    return 0;

    // Without an address there is no HTTP, so that several workers of one machine do not want the same port.
    IHost BuildPlain(string[] arguments)
    {
        var builder = Host.CreateApplicationBuilder(arguments);
        AddWorker(builder.Services);
        return builder.Build();
    }

    WebApplication BuildWeb(string[] arguments)
    {
        var builder = WebApplication.CreateSlimBuilder(arguments); // It reads ASPNETCORE_URLS.
        AddWorker(builder.Services);
        var web = builder.Build();
        web.MapHydra(); // /health, /ready, /metrics
        return web;
    }

    void AddWorker(IServiceCollection services) => services
        .AddSingleton<IEmailSender>(new OutboxMailer("outbox.jsonl"))
        .AddSingleton(new OutsideWorld("worker.world.jsonl", TimeSpan.FromMilliseconds(200)))
        .AddSingleton<Warehouse>().AddSingleton<Bank>().AddSingleton<Carrier>().AddSingleton<Mailer>()
        .AddSingleton<Shops>().AddSingleton<Reports>()
        .AddSingleton<Meter>().AddSingleton<Post>().AddSingleton(new Renderer("invoices"))
        .AddHydra(hydra =>
        {
            hydra.UseDatabase(settings.DatabaseUrl, settings.Worker.ClaimTimeout);
            hydra.Namespace = settings.Namespace;
            hydra.MigrateOnOpen = settings.MigrateOnOpen;
            hydra.AddWorkflow<UserOnboarding>();
            hydra.AddWorkflow<ProcessOrder>(options: ProcessOrder.Options);
            hydra.AddWorkflow<CollectSales>(options: CollectSales.Options);
            hydra.AddWorkflow<BillCustomer>();
            hydra.AddWorkflow<ScriptedWorkflow>("scripted");
            hydra.AddWorker(_ => settings.Worker);
        });
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
catch (Exception e) when (e is HydraException or IOException) // The latter: the address is in use.
{
    Console.Error.WriteLine($"worker: {e.Message}");
    return 1;
}
