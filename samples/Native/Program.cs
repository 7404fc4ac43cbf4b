using Hydra;
using Native;

// Compiled ahead of time the program starts within hundredths of a second and needs no .NET on the machine:
//   dotnet publish samples/Native -p:PublishAot=true -o native
//   native/Native postgres://host/database
// All it takes is to say which types become JSON, see Json.cs.
if (args is not [var database])
{
    Console.Error.WriteLine("Say where: Native postgres://host/database, mysql://host/database or sqlite:native.db");
    return 2;
}

try
{
    await using var hydra = await HydraEngine.OpenAsync(builder =>
    {
        builder.UseDatabase(database);
        builder.JsonOptions = new() { TypeInfoResolver = Json.Default };
        builder.AddWorkflow<PriceOrder>();
        builder.AddWorker();
    });
    var order = new Order([new("chain", 2, 19.90m), new("bell", 1, 7.50m)]);
    var execution = await hydra.Client.Workflow<PriceOrder>().StartAsync(order);
    var invoice = await execution.ResultAsync();
    Console.WriteLine($"Order {invoice.Number}: {invoice.Total} for {invoice.Items} items.");
    return 0;
}
catch (Exception e) when (e is FormatException or HydraException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
