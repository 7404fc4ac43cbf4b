using Hydra;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Teller;
using Worker;

// A worker that moves money, made to be killed. What fails is tried again and again, so that an execution that has
// failed has lost something.
var settings = WorkerSettings.Read(Environment.GetEnvironmentVariable);
var untilItIsDone = new TransactionOptions
{
    Retry = new RetryPolicy
    {
        MaxAttempts = 1_000,
        Backoff = TimeSpan.FromMilliseconds(20),
        MaxBackoff = TimeSpan.FromMilliseconds(500),
    },
};

var lingers = Environment.GetEnvironmentVariable("TELLER_LINGERS") == "1";

var builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddDbContextFactory<BankContext>(
    options => BankContext.Use(options, settings.DatabaseUrl, settings.Worker.ClaimTimeout / 2));
builder.Services.AddHydra(hydra =>
{
    hydra.UseDatabase(settings.DatabaseUrl, settings.Worker.ClaimTimeout);
    hydra.AddWorkflow("transfer", (WorkflowContext context, Transfer transfer) =>
        lingers
            ? context.TransactionAsync("move", transfer, Bank.MoveAndLingerAsync, untilItIsDone)
            : context.TransactionAsync("move", transfer, Bank.MoveAsync, untilItIsDone));
    hydra.AddWorkflow("transfer-with-context", (WorkflowContext context, Transfer transfer) =>
        context.TransactionAsync<BankContext, Transfer, string>("move", transfer, Bank.MoveAsync, untilItIsDone));
    hydra.AddWorker(_ => settings.Worker);
});
try
{
    await builder.Build().RunAsync();
}
catch (OperationCanceledException)
{
    // Asked to end before it had begun.
}
