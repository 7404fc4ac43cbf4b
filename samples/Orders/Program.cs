using Hydra;
using Microsoft.EntityFrameworkCore;
using Orders;

// A shop whose orders are fulfilled by workflows. An order and the start of its workflow are saved together: there is
// no order that nothing fulfils, no workflow without its order, and no outbox between them.
var builder = WebApplication.CreateBuilder(args);
var file = builder.Configuration["db"] ?? "orders.db";
builder.Services.AddDbContextFactory<ShopContext>(options => options.UseSqlite($"Data Source={file}"));
builder.Services.AddProblemDetails(); // What else fails is a 500 with those.
builder.Services.AddHydra(hydra =>
{
    hydra.UseSqlite(file);
    hydra.AddWorkflow<FulfilOrder>();
    hydra.AddWorker();
});

await using var app = builder.Build();
app.UseExceptionHandler();
await using (var db = await app.Services.GetRequiredService<IDbContextFactory<ShopContext>>().CreateDbContextAsync())
{
    await db.EnsureCreatedAsync(); // The shop's tables; the engine makes its own.
}

app.MapPost("/orders", async (NewOrder wanted, ShopContext db, IHydraClient hydra, CancellationToken cancellation) =>
{
    if (string.IsNullOrWhiteSpace(wanted.Number))
    {
        return Results.BadRequest("An order has a number.");
    }

    var order = new Order { Id = Guid.CreateVersion7(), Number = wanted.Number, Article = wanted.Article };
    var execution = await hydra.With(db).Workflow<FulfilOrder>().StartAsync(order.Id, null, cancellation);
    order.Execution = execution.Id.Value;
    db.Orders.Add(order);
    try
    {
        await db.SaveChangesAsync(cancellation); // Both, or neither.
        return Results.Created($"/orders/{order.Id}", order);
    }
    catch (DbUpdateException)
    {
        if (!await db.Orders.AnyAsync(other => other.Number == wanted.Number, cancellation))
        {
            throw;
        }

        return Results.Conflict($"There is an order {wanted.Number} already."); // And no second execution.
    }
});

app.MapGet("/orders/{id:guid}", async (Guid id, ShopContext db, CancellationToken cancellation) =>
    await db.Orders.FindAsync([id], cancellation) is { } order ? Results.Ok(order) : Results.NotFound());

app.MapDelete("/orders/{id:guid}", async (Guid id, ShopContext db, IHydraClient hydra, CancellationToken stopping) =>
{
    await using var transaction = await db.Database.BeginTransactionAsync(stopping);
    if (await db.Orders.FindAsync([id], stopping) is not { } order)
    {
        return Results.NotFound($"There is no order {id}.");
    }

    // Its step may have shipped it while its execution knows nothing of that yet.
    if (order.Status == "shipped")
    {
        return Results.Conflict($"Order {order.Number} is shipped.");
    }

    if (await hydra.In(db).CancelAsync(new ExecutionId(order.Execution), stopping) == CancelOutcome.AlreadyEnded)
    {
        return Results.Conflict($"Its execution has ended: order {order.Number} is {order.Status}.");
    }

    order.Status = "cancelled";
    await db.SaveChangesAsync(stopping);
    await transaction.CommitAsync(stopping); // The order is cancelled and its execution asked to stop, or neither.
    return Results.Accepted($"/orders/{order.Id}", order);
});

await app.RunAsync();
