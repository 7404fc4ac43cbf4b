using Hydra.Cli;

return await HydraCommandLine.RunAsync(args);
