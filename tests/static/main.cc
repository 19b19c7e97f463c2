// SPDX-License-Identifier: MIT
int main() {}  // the assertions of the other files have held when this links
