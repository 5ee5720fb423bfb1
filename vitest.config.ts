import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "packages/*/src/**/*.test.ts",
            "test/**/*.test.ts",
            "examples/**/*.test.ts",
            "bench/**/*.test.mjs",
            "site/*.test.mjs",
          ],
          exclude: ["**/dist/**", "**/node_modules/**"],
          // No test may reach the real hub; those of downloads have one of their own.
          env: { HF_HUB_OFFLINE: "1" },
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Tests that measure the event loop or load every core must not run beside others.
          pool: "forks",
          fileParallelism: false,
          typecheck: { enabled: true, include: ["packages/*/src/**/*.test-d.ts"], tsconfig: "test/tsconfig.json" },
        },
      },
    ],
  },
});
